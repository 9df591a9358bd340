/** What discovery says of one kind: all that is needed to build its URLs. */
export interface KindInfo {
  /** `""` is the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** As in URLs: `deployments`. */
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** `status`, `scale`, `log`, `exec`, `eviction`, `binding`, `token`, ... */
  readonly subresources: readonly string[];
}

/** `apps/v1`, or `v1` for the core group. */
export const apiVersionOf = (kind: Pick<KindInfo, "group" | "version">): string =>
  kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;

/** The URL path of a collection or, with a name, of one object: `/apis/apps/v1/namespaces/n/deployments/d/status`. */
export function pathOf(
  kind: Pick<KindInfo, "group" | "version" | "plural" | "namespaced">,
  target: { namespace?: string; name?: string; subresource?: string } = {},
): string {
  const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope =
    kind.namespaced && target.namespace ? `/namespaces/${encodeURIComponent(target.namespace)}` : "";
  const name = target.name === undefined ? "" : `/${encodeURIComponent(target.name)}`;
  const subresource = target.subresource === undefined ? "" : `/${target.subresource}`;
  return `${root}${scope}/${kind.plural}${name}${subresource}`;
}
