import type { Client } from "../../examples/front-end/client";
import type * as documents from "../../examples/front-end/documents";

export type This = void;
export declare const client: Client;
export declare const Search: typeof documents.Search;
