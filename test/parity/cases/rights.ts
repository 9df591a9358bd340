import { get, patchMerge, post, put, remove, type ParityCase, type Step } from "../ParityCase.ts";

type Json = Record<string, unknown>;

const namespace = "/api/v1/namespaces/{ns}";
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const roles = `${rbac}/namespaces/{ns}/roles`;
const bindings = `${rbac}/namespaces/{ns}/rolebindings`;

/** As somebody who has only what the case gives them. */
const as = (user: string, step: Step): Step => ({
  ...step,
  headers: { ...step.headers, "impersonate-user": user },
});
/** A real server learns of roles with some delay. */
const until = (step: Step, status: number): Step => ({ ...step, until: (got) => got === status });

const role = (name: string, ...rules: Json[]): Json => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  metadata: { name },
  rules,
});
const rule = (verbs: string, resources: string, more: Json = {}): Json => ({
  apiGroups: [""],
  verbs: verbs.split(" "),
  resources: resources.split(" "),
  ...more,
});
const binding = (name: string, user: string, roleName: string, kind = "Role"): Json => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: roleName },
  subjects: [{ kind: "User", name: user, apiGroup: "rbac.authorization.k8s.io" }],
});
const grant = (user: string, ...rules: Json[]): Step[] => [
  post(roles, role("granted", ...rules)),
  post(bindings, binding("granted", user, "granted")),
];
const configMap = (name: string): Json => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
const review = (kind: string, spec: Json, group = "authorization.k8s.io/v1"): Json => ({
  apiVersion: group,
  kind,
  spec,
});
const access = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
/** Tokens and their times differ from server to server. */
const withoutToken = (step: Step): Step => ({
  ...step,
  view: (body) => {
    const { status, ...rest } = body as { status?: unknown };
    return typeof status === "string" ? body : rest;
  },
});

const refusals: readonly (readonly [string, Step])[] = [
  ["to list pods", get(`${namespace}/pods`)],
  ["to list pods everywhere", get("/api/v1/pods")],
  ["to get a pod", get(`${namespace}/pods/a`)],
  ["to watch", get(`${namespace}/pods`, { watch: true })],
  ["to create a deployment", post("/apis/apps/v1/namespaces/{ns}/deployments", {})],
  ["to change a deployment", patchMerge("/apis/apps/v1/namespaces/{ns}/deployments/a", {})],
  ["to replace a status", put("/apis/apps/v1/namespaces/{ns}/deployments/a/status", {})],
  ["to scale", patchMerge("/apis/apps/v1/namespaces/{ns}/deployments/a/scale", {})],
  ["to read logs", get(`${namespace}/pods/a/log`)],
  ["to evict", post(`${namespace}/pods/a/eviction`, {})],
  ["to delete", remove(`${namespace}/configmaps/a`)],
  ["to delete all", remove(`${namespace}/configmaps`)],
  ["to look at nodes", get("/api/v1/nodes")],
  ["to look at a namespace", get("/api/v1/namespaces/{ns}")],
  ["to create a namespace", post("/api/v1/namespaces", {})],
  ["a kind that is not served", get("/apis/nobody.example.org/v1/namespaces/{ns}/things")],
  ["a path that is no object", get("/metrics")],
  ["another path", get("/debug/pprof")],
  ["a token", post(`${namespace}/serviceaccounts/default/token`, {})],
];

export const rightsCases: readonly ParityCase[] = [
  ...refusals.map(([what, step]): ParityCase => ({
    title: `somebody without rights is refused ${what}`,
    steps: [as("ann", step)],
  })),
  {
    title: "everybody may look at what there is, and ask what they may",
    steps: [
      as("ann", { ...get("/api"), view: () => "let in" }),
      as("ann", { ...get("/apis/apps/v1"), view: () => "let in" }),
      as("ann", { ...get("/version"), view: () => "let in" }),
      as(
        "ann",
        post(
          "/apis/authentication.k8s.io/v1/selfsubjectreviews",
          review("SelfSubjectReview", {}, "authentication.k8s.io/v1"),
        ),
      ),
    ],
  },
  {
    title: "a role gives what it says, to whom it is bound, and nothing else",
    steps: [
      ...grant(
        "ann",
        rule("get list create", "configmaps"),
        rule("get", "secrets", { resourceNames: ["one"] }),
      ),
      until(as("ann", get(`${namespace}/configmaps`, { limit: 1, labelSelector: "a=b" })), 200),
      as("ann", post(`${namespace}/configmaps`, configMap("a"), { dryRun: "All" })),
      as("ann", get(`${namespace}/secrets/one`)),
      as("ann", get(`${namespace}/secrets/two`)),
      as("ann", get(`${namespace}/secrets`)),
      as("ann", remove(`${namespace}/configmaps/a`)),
      as("bob", get(`${namespace}/configmaps`)),
    ],
  },
  {
    title: "subresources are rights of their own",
    steps: [
      ...grant("ann", rule("get", "pods/log"), {
        apiGroups: ["apps"],
        resources: ["*/scale"],
        verbs: ["get"],
      }),
      until(as("ann", get(`${namespace}/pods/a/log`)), 404),
      as("ann", get(`${namespace}/pods/a`)),
      as("ann", get("/apis/apps/v1/namespaces/{ns}/deployments/a/scale")),
      as("ann", get("/apis/apps/v1/namespaces/{ns}/deployments/a")),
    ],
  },
  {
    title: "an apply that makes its object needs the right to create",
    steps: [
      ...grant("ann", rule("get patch", "configmaps")),
      until(as("ann", get(`${namespace}/configmaps/a`)), 404),
      as("ann", {
        ...patchMerge(`${namespace}/configmaps/a`, configMap("a"), { fieldManager: "x" }),
        headers: { "content-type": "application/apply-patch+yaml" },
      }),
    ],
  },
  {
    title: "nobody grants more than they have",
    steps: [
      ...grant(
        "ann",
        { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles", "rolebindings"], verbs: ["*"] },
        rule("get list", "configmaps"),
      ),
      until(as("ann", post(roles, role("less", rule("get", "configmaps")), { dryRun: "All" })), 201),
      as("ann", post(roles, role("more", rule("get delete", "configmaps secrets")))),
      as("ann", post(bindings, binding("view", "bob", "system:aggregate-to-view", "ClusterRole"))),
      as("ann", post(bindings, binding("none", "bob", "nobody"))),
      as("ann", post(bindings, binding("granted-2", "bob", "granted"), { dryRun: "All" })),
    ],
  },
  {
    title: "who may escalate and bind, does",
    steps: [
      ...grant("ann", {
        apiGroups: ["rbac.authorization.k8s.io"],
        resources: ["roles", "rolebindings"],
        verbs: ["create", "escalate", "bind"],
      }),
      until(as("ann", post(roles, role("more", rule("*", "secrets")), { dryRun: "All" })), 201),
      as("ann", post(bindings, binding("granted-2", "bob", "granted"), { dryRun: "All" })),
    ],
  },
  {
    title: "a binding to a role that is not there gives nothing, and says why",
    steps: [
      post(bindings, binding("lost", "ann", "lost")),
      {
        ...as("ann", get(`${namespace}/pods`)),
        until: (_, body) => JSON.stringify(body).includes("not found"),
      },
    ],
  },
  {
    title: "access reviews answer by the roles",
    steps: [
      ...grant("ann", rule("get", "configmaps")),
      until(as("ann", get(`${namespace}/configmaps/a`)), 404),
      ...["get", "delete"].map((verb) =>
        as(
          "ann",
          post(
            access,
            review("SelfSubjectAccessReview", {
              resourceAttributes: { namespace: "{ns}", verb, resource: "configmaps" },
            }),
          ),
        ),
      ),
      as(
        "ann",
        post(
          access,
          review("SelfSubjectAccessReview", { nonResourceAttributes: { path: "/api", verb: "get" } }),
        ),
      ),
      post(
        access,
        review("SelfSubjectAccessReview", { resourceAttributes: { verb: "*", resource: "*", group: "*" } }),
      ),
      post(access, review("SelfSubjectAccessReview", {})),
      post(
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        review("SubjectAccessReview", {
          user: "ann",
          resourceAttributes: { namespace: "{ns}", verb: "get", resource: "configmaps" },
        }),
      ),
      post(
        "/apis/authorization.k8s.io/v1/namespaces/{ns}/localsubjectaccessreviews",
        review("LocalSubjectAccessReview", {
          user: "bob",
          resourceAttributes: { namespace: "{ns}", verb: "get", resource: "configmaps" },
        }),
      ),
    ],
  },
  {
    title: "a token is asked for with a lifetime that makes sense",
    steps: [
      post(`${namespace}/serviceaccounts`, {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "robot" },
      }),
      ...[
        {},
        { expirationSeconds: 60 },
        { expirationSeconds: 3600, audiences: ["vault"] },
        { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "nobody" } },
      ].map((spec) =>
        withoutToken(
          post(`${namespace}/serviceaccounts/robot/token`, {
            apiVersion: "authentication.k8s.io/v1",
            kind: "TokenRequest",
            spec,
          }),
        ),
      ),
      post(
        "/apis/authentication.k8s.io/v1/tokenreviews",
        review("TokenReview", { token: "nonsense" }, "authentication.k8s.io/v1"),
      ),
    ],
  },
  {
    title: "the roles that every cluster begins with",
    steps: [
      ...[
        "cluster-admin",
        "system:discovery",
        "system:basic-user",
        "system:aggregate-to-view",
        "system:aggregate-to-edit",
        "system:aggregate-to-admin",
      ].map((name) => get(`${rbac}/clusterroles/${name}`)),
      ...["cluster-admin", "system:discovery", "system:basic-user", "system:public-info-viewer"].map((name) =>
        get(`${rbac}/clusterrolebindings/${name}`),
      ),
    ],
  },
];
