import type { KubeObject } from "../../../contract/index.ts";
import type { User } from "../ApiRequest.ts";
import type { ServedKind } from "../ServedKind.ts";
import type { ServerContext } from "../ServerContext.ts";
import { forbidden, type StatusError } from "../StatusError.ts";

/** One write, as the plugins see it. */
export interface AdmissionRequest {
  readonly context: ServerContext;
  readonly kind: ServedKind;
  /** Who writes. */
  readonly user: User;
  /** An apply makes the object. */
  readonly byPatch?: boolean;
  readonly operation: "CREATE" | "UPDATE";
  /** Empty for the object itself. */
  readonly subresource: string;
  /** As it is to be written; plugins that mutate change it in place. */
  readonly object: KubeObject;
  /** As it is; missing on create. */
  readonly live?: KubeObject;
  /** Begins a generated name: plugins that mutate come before the name is there. */
  readonly generateName?: string;
  /** Plugins add to it. */
  readonly warnings: string[];
}

/** One plugin; what it lacks it has no say in. */
export interface AdmissionPlugin {
  readonly name: string;
  /** May change the object, or refuse. */
  mutate?(request: AdmissionRequest): void;
  /** May refuse, or warn. What it returns is done once the write is certain. */
  validate?(request: AdmissionRequest): (() => void) | void;
}

/** Is it this kind of the core group, by its main path? */
export const isCore = ({ kind, subresource }: AdmissionRequest, plural: string): boolean =>
  kind.group === "" && kind.plural === plural && subresource === "";

/** 403, as `admission.NewForbidden` makes it. */
export const denied = ({ kind, object }: AdmissionRequest, message: string, name?: string): StatusError =>
  forbidden(kind, name ?? object.metadata.name ?? "", message);

/** The same from a plugin that mutates: it does not know a generated name yet. */
export const deniedEarly = (request: AdmissionRequest, message: string): StatusError =>
  denied(request, message, request.generateName);

/** Several problems as Go's `errors.NewAggregate` prints them. */
export function aggregate(problems: readonly string[]): string {
  const unique = [...new Set(problems)];
  return unique.length === 1 ? (unique[0] ?? "") : `[${unique.join(", ")}]`;
}
