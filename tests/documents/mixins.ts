import type { Context, Logger, Service, ServiceBroker } from "moleculer";
import type { Transaction } from "../../mixins/database/database";
import type { WithDatabase } from "../../mixins/database/database.mixin";
import type { Statement } from "../../mixins/database/statement";
import type { Topology } from "../../mixins/events/topology";
import type { EventTransport } from "../../mixins/events/transport";
import type { WithOutbox } from "../../mixins/outbox/outbox.mixin";
import type { StepContext } from "../../mixins/saga/definition";
import type { WithSagas } from "../../mixins/saga/saga.mixin";

export type DeskService = Service & WithDatabase & WithOutbox & WithSagas;
export type ShelfService = Service & WithDatabase;
export type This = DeskService;

// A node.
export declare const url: string;
export declare const amqpUrl: string | undefined;
export declare const transport: EventTransport;
export declare const topology: Topology;
export declare const broker: ServiceBroker;
export declare const log: Logger;

// A desk that lends books, and the shelf where they stand.
export declare const ctx: Context<{ bookId: string }>;
export declare const tx: Transaction;
export declare const sagaId: string;
export declare const bookId: string;
export declare const member: string;
export declare const memberId: string;
export declare const key: string;
export declare const take: Statement;
export declare const setStatus: Statement;
export declare const putAside: Statement;
export declare const putBackInto: Statement;
export declare const writeNotice: (this: Service, tx: Transaction) => Promise<void>;
export declare const writeNotice2: (this: Service, tx: Transaction) => Promise<void>;
export declare const lendIt: (tx: Transaction) => Promise<{ due: string }>;
export declare class BookNotThereError extends Error {
	constructor(bookId: string);
}

// What it does in a borrowing.
export interface Borrowing {
	bookId: string;
	member: string;
}
export declare const charge: (step: StepContext<Borrowing>) => Promise<void>;
export declare const payBack: (step: StepContext<Borrowing>) => Promise<void>;
export declare const checkTheCard: (step: StepContext<Borrowing>) => Promise<void>;
