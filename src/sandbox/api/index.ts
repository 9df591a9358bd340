export { createApiServer, type ApiServer, type ApiServerOptions } from "./createApiServer.ts";
export { administrator, anonymous, type ApiRequest, type ApiResponse, type User } from "./ApiRequest.ts";
export { keyOf, Store, type StoreOptions } from "./store/Store.ts";
export { memoryJournal, StorageFull, type Journal } from "./store/Journal.ts";
export type { NodeBackend, LogOptions, PodRef } from "./NodeBackend.ts";
