/** What a request to a kubelet needs to be allowed to do: any one of the subresources of `nodes`. */
export interface KubeletAccess {
  readonly verb: string;
  readonly subresources: readonly string[];
}

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Paths with a subresource of their own; `nodes/proxy` allows all of them. */
const finer: readonly (readonly [path: string, subresource: string])[] = [
  ["/pods", "pods"],
  ["/healthz", "healthz"],
];

/** Source: k8s.io/kubernetes pkg/kubelet/server/auth.go. */
export function kubeletAccess(method: string, path: string): KubeletAccess {
  const own = finer
    .filter(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))
    .map(([, subresource]) => subresource);
  return { verb: verbs[method] ?? "", subresources: [...own, "proxy"] };
}
