/**
 * Speaking to any Kubernetes API.
 * @module
 */
export { MoorageError, type ErrorCode, type Location, type Problem } from "../contract/index.ts";
export type { KubeList, KubeObject, KubeStatus, WatchEvent } from "../contract/index.ts";
export type * from "./Transport.ts";
export type * from "./KubeClient.ts";
export type * from "./SchemaNode.ts";
export * from "./KindInfo.ts";
export * from "./KubeError.ts";
export { systemClock, type Clock } from "./Clock.ts";
export { backoffDelay, type BackoffOptions } from "./backoff.ts";
export { createKubeClient, type KubeClientOptions } from "./createKubeClient.ts";
export { discover, type Discovery } from "./discovery.ts";
export { builtinKinds, type BuiltinKind, type SubresourceInfo } from "./table/builtinKinds.ts";
export { kubernetesVersion, loadOpenApi, openApiJson, openApiPaths } from "./loadOpenApi.ts";
export { defaultSchemaVersion, loadSchema, objectMetaSchema, schemaVersions } from "./loadSchema.ts";
export { compileSchema } from "./compileSchema.ts";
export { loadCrd, preloadedCrdNames, preloadedCrds } from "./preloadedCrds.ts";
export { validateStrict } from "./validateStrict.ts";
export { ApiUnreachable } from "./ApiUnreachable.ts";
export { loadKubeconfig, type Kubeconfig } from "./kubeconfig.ts";
export { clusterConnection, inClusterConnection, type ClusterConnection } from "./clusterConnection.ts";
export { httpTransport, type HttpTransportOptions } from "./httpTransport.ts";
export { retrying, type RetryOptions } from "./retrying.ts";
export { followPodLogs, type PodLogLine, type PodLogOptions } from "./followPodLogs.ts";
export { openKubeClient, type OpenKubeClientOptions } from "./openKubeClient.ts";
