import { Database as DatabaseMixin } from "../../mixins/database/database.mixin";
import { Events as EventsMixin, type QueueConsumer } from "../../mixins/events/events.mixin";
import { Outbox as OutboxMixin } from "../../mixins/outbox/outbox.mixin";
import type { Resources } from "../../services/resources";
import { user as userModel } from "../../services/users/users.model";
import type { UsersService } from "../../services/users/users.service";
import type { Shop } from "../support/shop";

export type This = void;
export declare const shop: Shop;

// What users.service.ts has in hand where the mixins are listed.
export const Database = DatabaseMixin;
export const Events = EventsMixin;
export const Outbox = OutboxMixin;
export const user = userModel;
export declare const settings: Resources["settings"];
export declare const transport: Resources["transport"];
export declare const topology: Resources["topology"];
export declare const database: Resources["database"];
export declare const usersConsumers: QueueConsumer<UsersService>[];
