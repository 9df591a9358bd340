import { destroy, planDestroy, type Environment } from "../../src/deploy/index.ts";
import { createKubeClient, type KubeClient, type Transport } from "../../src/kube/index.ts";
import type { Rendering } from "../../src/platform/index.ts";
import { livedOfRendering } from "../../src/rehearse/rights/Lived.ts";
import { rightId, rightsOfRequest, type Right } from "../../src/rehearse/rights/Right.ts";
import { askedRights } from "../../src/rehearse/rights/rightsOf.ts";
import { roleObjects } from "../../src/rehearse/rights/roleObjects.ts";
import type { RightsLedger } from "./RightsLedger.ts";

/** As whoever a bearer token stands for. */
export type SignIn = (token: string) => Promise<Transport>;

const account = "deployer";
const rbac = "rbac.authorization.k8s.io/v1";
const by = { fieldManager: "administrator", force: true };

/**
 * A service account that has exactly what `moorage rbac` prints for the platforms that it is granted, and nothing else: a Role in its namespace, and a ClusterRole where a platform has objects
 * without a namespace. Tests deploy as it; they arrange and look as the administrator.
 */
export class Deployer {
  /** What it sends is noted in the ledger. */
  readonly transport: Transport;
  readonly client: KubeClient;
  readonly #admin: KubeClient;
  readonly #namespace: string;
  readonly #ledger: RightsLedger;
  /** Of all versions of the platform so far: what goes away has to be deleted, too. */
  readonly #rights = new Map<string, Right>();

  private constructor(admin: KubeClient, namespace: string, transport: Transport, ledger: RightsLedger) {
    this.#admin = admin;
    this.#namespace = namespace;
    this.#ledger = ledger;
    this.transport = {
      ...transport,
      send: async (request) => {
        if (this.#rights.size === 0) throw new Error("The deployer was not granted anything.");
        const response = await transport.send(request);
        if (response.status !== 403) ledger.use(rightsOfRequest(request, response.status));
        return response;
      },
    };
    this.client = createKubeClient(this.transport);
  }

  /** Its first grant takes away what another had in this namespace before; till then it can send nothing. */
  static async create(
    admin: KubeClient,
    namespace: string,
    signIn: SignIn,
    ledger: RightsLedger,
  ): Promise<Deployer> {
    await admin.apply(
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace } },
      by,
    );
    const response = await admin.transport.send({
      method: "POST",
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
      body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
    });
    const { status } = (await response.json()) as { status: { token: string } };
    return new Deployer(admin, namespace, await signIn(status.token), ledger);
  }

  /** Takes down, as this account, what it deployed, its record and its claims. */
  async destroy(environment: Environment): Promise<void> {
    const context = { client: this.client };
    await destroy(await planDestroy(environment, context, { volumes: true, secrets: true }), context);
  }

  /** Grants it what `moorage rbac` prints for this version of a platform, as an administrator would, besides what it has. */
  async grant(rendering: Rendering): Promise<void> {
    const before = this.#rights.size;
    const { asked, demanded } = await printedRights({ ...rendering, namespace: this.#namespace });
    this.#ledger.grant(asked);
    for (const right of [...asked, ...demanded]) this.#rights.set(rightId(right), right);
    if (this.#rights.size > before) await this.#put();
  }

  /** Does something without one of its rights. */
  async without<T>(right: Right, work: () => Promise<T>): Promise<T> {
    this.#rights.delete(rightId(right));
    await this.#put();
    try {
      return await work();
    } finally {
      this.#rights.set(rightId(right), right);
      await this.#put();
    }
  }

  async #put(): Promise<void> {
    const rights = [...this.#rights.values()];
    const of = { platform: "suite", environment: this.#namespace, namespace: this.#namespace };
    const subject = { kind: "ServiceAccount", name: account, namespace: this.#namespace } as const;
    const objects = roleObjects(
      {
        ...of,
        required: rights.filter((right) => right.namespace !== undefined),
        optional: [],
        clusterWide: rights.filter((right) => right.namespace === undefined),
      },
      [subject],
    );
    // Of another before it.
    const ref = { apiVersion: rbac, kind: "ClusterRole", name: objects[0]?.metadata.name ?? "" };
    const isWanted = objects.some(({ kind }) => kind === "ClusterRole");
    if (!isWanted && (await this.#admin.find(ref)) !== undefined) await this.#admin.delete(ref);
    for (const object of objects) await this.#admin.apply(object, by);
    await this.#holds(rights);
  }

  /** A real API server hears of a Role a moment after it was written. */
  async #holds(rights: readonly Right[]): Promise<void> {
    const wanted = rights.map(wordsOf).toSorted();
    let held: string[] = [];
    for (let tries = 0; tries < 12_000; tries++) {
      held = await this.#held();
      if (held.join("\n") === wanted.join("\n")) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`The deployer has\n${held.join("\n")}\ninstead of\n${wanted.join("\n")}`);
  }

  async #held(): Promise<string[]> {
    const response = await this.transport.send({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectRulesReview",
        spec: { namespace: this.#namespace },
      },
    });
    const { status } = (await response.json()) as { status: { resourceRules: readonly HeldRule[] } };
    return status.resourceRules
      .flatMap(({ verbs, apiGroups = [], resources = [], resourceNames = [""] }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            verbs.flatMap((verb) => resourceNames.map((name) => wordsOf({ verb, group, resource, name }))),
          ),
        ),
      )
      .filter((words) => !everybodysGroup.test(words))
      .toSorted();
  }
}

interface HeldRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

const wordsOf = ({ verb, group, resource, name = "" }: Omit<Right, "namespace">): string =>
  `${group} ${resource} ${name} ${verb}`;
/** Everybody may ask who they are and what they may do. */
const everybodysGroup = /^(?:authorization|authentication)\.k8s\.io /;

interface PrintedRights {
  /** Each by a request. */
  readonly asked: readonly Right[];
  /** By the API server, of whoever writes certain objects: `demandedRights.ts`. */
  readonly demanded: readonly Right[];
}

const known = new Map<string, Promise<PrintedRights>>();

/** What `moorage rbac` prints, required and optional: `rights.test.ts` holds that these are the ones. Rehearsed once for platforms that differ in values only. */
function printedRights(rendering: Rendering): Promise<PrintedRights> {
  const sample = sampleOf(rendering);
  const shape = JSON.stringify(
    [
      { ...sample, objects: [] },
      sample.objects.map(({ object, component }) => {
        const { apiVersion, kind, metadata } = object;
        const isAbout = /Role|Definition|Route/.test(kind);
        return [component, apiVersion, kind, metadata.namespace, isAbout ? object : metadata.name];
      }),
    ],
    undefined,
    0,
  );
  const rights =
    known.get(shape) ??
    askedRights(livedOfRendering(sample)).then(({ named, clusterWide, demanded }) => ({
      asked: [...named, ...clusterWide],
      demanded,
    }));
  known.set(shape, rights);
  return rights;
}

/** Of the kinds that these tests deploy. */
const withoutNamespace = /^(?:CustomResourceDefinition|ClusterRole|ClusterRoleBinding)$/;

/** Rights are by kind: of many objects of one kind in a component, two stand for all. Their namespace is written into them, as `renderEnvironment` does. */
function sampleOf(rendering: Rendering): Rendering {
  const counts = new Map<string, number>();
  return {
    ...rendering,
    objects: rendering.objects.flatMap(({ object, ...more }) => {
      if (withoutNamespace.test(object.kind)) return [{ object, ...more }];
      const key = `${more.component ?? ""} ${object.apiVersion} ${object.kind}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      const { namespace } = rendering;
      const placed = { ...object, metadata: { namespace, ...object.metadata } };
      return (counts.get(key) ?? 0) <= 2 ? [{ object: placed, ...more }] : [];
    }),
  };
}
