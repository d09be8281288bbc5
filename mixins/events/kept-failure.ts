export * from "./failure";
