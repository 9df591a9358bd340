import type { KubeObject } from "../../../contract/index.ts";
import type { User } from "../ApiRequest.ts";
import type { Store } from "../store/Store.ts";
import type { Attributes } from "./Attributes.ts";
import { covers, type Rule } from "./rules.ts";

export interface Decision {
  readonly allowed: boolean;
  /** Which binding allows it, as a real server says it; empty otherwise. */
  readonly reason: string;
  /** A binding leads to a role that is not there. */
  readonly evaluationError?: string;
}

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

interface Binding {
  readonly object: KubeObject;
  readonly subjects: readonly Subject[];
  readonly roleRef: RoleRef;
  /** Empty: of the whole cluster. */
  readonly namespace: string;
}

const group = "rbac.authorization.k8s.io";
const collections = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"] as const;
const everybody = "system:masters";

/** Evaluates the roles in the store. What they say is taken apart once, and again after one of them has changed. */
export class Authorizer {
  readonly #store: Store;
  #bindings: readonly Binding[] | undefined;

  constructor(store: Store) {
    this.#store = store;
    for (const collection of collections)
      store.subscribe(`${group}/${collection}`, () => {
        this.#bindings = undefined;
      });
  }

  authorize(attributes: Attributes): Decision {
    const { user, namespace } = attributes;
    if (user.groups.includes(everybody)) return { allowed: true, reason: "" };
    const errors: string[] = [];
    for (const [binding, subject] of this.#bindingsOf(user, namespace)) {
      const rules = this.#rulesOf(binding);
      if (rules === undefined) {
        errors.push(roleMissing(binding.roleRef));
        continue;
      }
      if (rules.some((rule) => covers(rule, attributes)))
        return { allowed: true, reason: reasonOf(binding, subject) };
    }
    return errors.length === 0
      ? { allowed: false, reason: "" }
      : { allowed: false, reason: `RBAC: ${errors.join(", ")}`, evaluationError: errors.join(", ") };
  }

  /** All rules that somebody has in a namespace, the cluster's included. */
  rulesFor(user: User, namespace: string): Rule[] {
    const all = user.groups.includes(everybody)
      ? [
          { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
          { verbs: ["*"], nonResourceURLs: ["*"] },
        ]
      : [];
    return [
      ...all,
      ...this.#bindingsOf(user, namespace).flatMap(([binding]) => this.#rulesOf(binding) ?? []),
    ];
  }

  /** The rules of a role by its reference; undefined when it is not there. */
  rulesOfRole(ref: RoleRef, namespace: string): readonly Rule[] | undefined {
    const found =
      ref.kind === "ClusterRole"
        ? this.#store.get(`${group}/clusterroles`, `/${ref.name}`)
        : this.#store.get(`${group}/roles`, `${namespace}/${ref.name}`);
    return found === undefined ? undefined : ((found.object["rules"] ?? []) as readonly Rule[]);
  }

  #bindingsOf(user: User, namespace: string): [Binding, Subject][] {
    this.#bindings ??= this.#readBindings();
    return this.#bindings.flatMap((binding): [Binding, Subject][] => {
      if (binding.namespace !== "" && binding.namespace !== namespace) return [];
      const subject = binding.subjects.find((one) => isMeant(one, user, binding.namespace));
      return subject === undefined ? [] : [[binding, subject]];
    });
  }

  #readBindings(): Binding[] {
    const read = (collection: string): Binding[] =>
      this.#store.list(`${group}/${collection}`).map(({ object }) => ({
        object,
        subjects: (object["subjects"] ?? []) as readonly Subject[],
        roleRef: object["roleRef"] as RoleRef,
        namespace: object.metadata.namespace ?? "",
      }));
    return [...read("clusterrolebindings"), ...read("rolebindings")];
  }

  #rulesOf(binding: Binding): readonly Rule[] | undefined {
    return this.rulesOfRole(binding.roleRef, binding.namespace);
  }
}

function isMeant({ kind, name, namespace }: Subject, user: User, bindingNamespace: string): boolean {
  switch (kind) {
    case "User":
      return user.name === name;
    case "Group":
      return user.groups.includes(name);
    case "ServiceAccount":
      return user.name === `system:serviceaccount:${namespace ?? bindingNamespace}:${name}`;
    default:
      return false;
  }
}

const roleMissing = ({ kind, name }: RoleRef): string =>
  `${kind.toLowerCase()}.${group} ${JSON.stringify(name)} not found`;

/** Source: rbac.RBACAuthorizer, clusterRoleBindingDescriber. */
function reasonOf({ object, roleRef, namespace }: Binding, subject: Subject): string {
  const place = namespace === "" ? "" : `/${namespace}`;
  const kind = namespace === "" ? "ClusterRoleBinding" : "RoleBinding";
  const whom =
    subject.kind === "ServiceAccount"
      ? `ServiceAccount ${JSON.stringify(`${subject.name}/${subject.namespace || namespace}`)}`
      : `${subject.kind} ${JSON.stringify(subject.name)}`;
  return `RBAC: allowed by ${kind} ${JSON.stringify(`${object.metadata.name}${place}`)} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${whom}`;
}
