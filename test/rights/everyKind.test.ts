import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadEnvironment } from "../../src/deploy/index.ts";
import type { Transport } from "../../src/kube/index.ts";
import { Life } from "../../src/rehearse/rights/Life.ts";
import { livedOf, type Lived } from "../../src/rehearse/rights/Lived.ts";
import { needed, type Step, type StepOutcome } from "../../src/rehearse/rights/steps.ts";
import { refusedRights } from "../../src/rehearse/rights/refusedRights.ts";
import { rightId, rightKey, type Right } from "../../src/rehearse/rights/Right.ts";
import { roleObjects } from "../../src/rehearse/rights/roleObjects.ts";
import { askedRights, rightsOfLived } from "../../src/rehearse/rights/rightsOf.ts";

const program = "image: api, runAs: 1000, command: [node, main.js]";

/** A platform for each kind of component, and for each way in. */
const kinds: Readonly<Record<string, string>> = {
  "a service with an Ingress": `  api: { kind: service, ${program}, config: { LEVEL: low }, env: { TOKEN: "\${secret.app.TOKEN}" }, expose: { host: api.example.org, public: true } }`,
  "a service with an HTTPRoute": `  api: { kind: service, ${program}, expose: { by: httpRoute, host: api.example.org, gateway: { name: public, namespace: gateways }, public: true } }`,
  "a service with a Route": `  api: { kind: service, image: api, command: [node, main.js], expose: { host: api.example.org, public: true } }`,
  "a service that scales, with a disruption budget": `  api: { kind: service, ${program}, resources: { cpu: 50m, memory: 64Mi }, autoscaling: { min: 1, max: 3, cpu: 80 }, disruptionBudget: { maxUnavailable: 1 } }`,
  "a worker": `  etl: { kind: worker, ${program} }`,
  "a schedule": `  nightly: { kind: schedule, ${program}, cron: "30 2 * * *" }`,
  "a job": `  migrate: { kind: job, ${program}, on: deploy }`,
  "a static site": `  notes: { kind: staticSite, files: { index.html: "<h1>notes</h1>" }, expose: { host: notes.example.org, public: true } }`,
  redis: `  broker: { kind: redis, storage: 1Gi }`,
  postgres: `  db: { kind: postgres, storage: 1Gi }`,
  volumes: `  data: { kind: volume.claim, size: 1Gi, path: /data }
  api: { kind: service, ${program}, volumes: [data] }`,
  manifests: `  plain:
    kind: manifests
    yaml: |
      apiVersion: v1
      kind: ConfigMap
      metadata: { name: plain }
      data: { a: "1" }
      ---
      apiVersion: v1
      kind: ServiceAccount
      metadata: { name: runner }
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: Role
      metadata: { name: runner }
      rules: [{ apiGroups: [""], resources: [endpoints], verbs: [get, list] }]
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: RoleBinding
      metadata: { name: runner }
      roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: runner }
      subjects: [{ kind: ServiceAccount, name: runner, namespace: mice }]
      ---
      apiVersion: example.org/v1
      kind: Shape
      metadata: { name: square }
      spec: { edges: 4 }`,
  "an external service": `  mail: { kind: externalService, host: mail.example.org, ports: { smtp: 25 }, scheme: smtp }
  api: { kind: service, ${program}, env: { MAIL: "\${mail.url}" } }`,
};

const platformFile = (components: string, isOpenShift: boolean): string => `
name: mice
images: { api: { ref: registry.example.org/mice/api, tag: "1.0.0" } }
secrets: { app: { keys: { TOKEN: { from: generated, shape: hex } } } }
environments: { prod: { target: { context: lab${isOpenShift ? ", flavor: openshift" : ""} }, namespace: mice } }
components:
${components}
`;

const deployer = { kind: "ServiceAccount", namespace: "mice", name: "deployer" } as const;

/** A life whose steps are taken by an account with these rights, which the sandbox's API server holds it to. */
class HeldLife {
  readonly #life: Life;
  readonly #rights: readonly Right[];

  private constructor(life: Life, rights: readonly Right[]) {
    this.#life = life;
    this.#rights = rights;
  }

  static async begin(lived: Lived, rights: readonly Right[]): Promise<HeldLife> {
    const life = await Life.begin(lived, {
      transport: ({ client: { transport } }): Transport => ({
        ...transport,
        send: (request) =>
          transport.send({
            ...request,
            headers: { ...request.headers, "impersonate-user": "system:serviceaccount:mice:deployer" },
          }),
      }),
    });
    const held = new HeldLife(life, rights);
    await held.#grant(rights);
    return held;
  }

  get life(): Life {
    return this.#life;
  }

  /** Takes a step without some rights, and has them again. */
  async takeWithout(step: Step, taken: readonly Right[]): Promise<StepOutcome> {
    const keys = new Set(taken.map(rightKey));
    await this.#grant(this.#rights.filter((right) => !keys.has(rightKey(right))));
    const outcome = await this.#life.take(step);
    await this.#grant(this.#rights);
    return outcome;
  }

  async #grant(rights: readonly Right[]): Promise<void> {
    const { sandbox } = this.#life;
    const objects = roleObjects(
      {
        platform: "mice",
        environment: "prod",
        namespace: "mice",
        required: rights.filter(({ namespace }) => namespace !== undefined),
        optional: [],
        clusterWide: rights.filter(({ namespace }) => namespace === undefined),
      },
      [deployer],
    );
    const write = async (): Promise<void> => {
      for (const object of objects)
        await sandbox.client.apply(object, { fieldManager: "administrator", force: true });
    };
    await sandbox.run(write());
  }
}

const folder = realpathSync(mkdtempSync(join(tmpdir(), "moorage-kinds-")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.entries(kinds))("With %s", (name, components) => {
  const told = async () => {
    writeFileSync(join(folder, "moorage.yaml"), platformFile(components, name.endsWith("a Route")));
    const source = {
      evaluated: await loadEnvironment({ cwd: folder, environment: "prod" }),
      processEnvironment: {},
    };
    const lived = livedOf(source);
    return { lived, rights: await rightsOfLived(lived), asked: await askedRights(lived) };
  };

  it(
    "each required right that is taken away fails something, with its verb, kind and namespace; the others cost what is said",
    { timeout: 300_000 },
    async () => {
      const { lived, rights, asked } = await told();
      const { required, optional, clusterWide } = rights;
      const all = [...required, ...optional, ...clusterWide];
      const words = new Map<string, string>();
      const note = (right: Right, outcome: StepOutcome): void => {
        if (outcome.error !== undefined) words.set(rightKey(right), outcome.message ?? "");
      };

      const found = await refusedRights(lived, asked, {
        async begin() {
          const held = await HeldLife.begin(lived, all);
          const take = async (step: Step, right: Right): Promise<StepOutcome> => {
            const outcome = await held.takeWithout(step, [right]);
            note(right, outcome);
            return outcome;
          };
          return { life: held.life, take };
        },
      });
      for (const right of required) {
        if (found.has(rightKey(right))) continue;
        const held = await HeldLife.begin(lived, all);
        try {
          for (const step of held.life.steps.filter((one) => needed.has(one))) {
            const outcome = await held.takeWithout(step, [right]);
            const whole = asked.whole.find((one) => one.step === step);
            if (outcome.error === whole?.error) continue;
            note(right, outcome);
            break;
          }
        } finally {
          await held.life.end();
        }
      }
      const wrong = required.flatMap((right) => {
        // Only OpenShift's own server of Routes asks for it; here they are custom objects.
        if (right.resource === "routes/custom-host") return [];
        const said = words.get(rightKey(right)) ?? "nothing failed";
        const isDemanded = /attempting to grant RBAC permissions not currently held|not found/.test(said);
        const isNamed =
          said.includes(`cannot ${right.verb} resource "${right.resource}"`) &&
          said.includes(`in the namespace "${right.namespace}"`);
        const isAsked = asked.named.some((one) => rightKey(one) === rightKey(right));
        return (isAsked ? isNamed : isDemanded) ? [] : [`${rightId(right)}: ${said}`];
      });
      expect(wrong).toEqual([]);
      expect(required.length).toBeGreaterThan(10);

      const costs = new Set(optional.flatMap(({ without }) => without));
      const held = await HeldLife.begin(lived, all);
      try {
        const unsaid: string[] = [];
        const failed: StepOutcome[] = [];
        for (const step of held.life.steps) {
          const outcome = await held.takeWithout(step, optional);
          const whole = asked.whole.find((one) => one.step === step);
          if (needed.has(step) && outcome.error !== whole?.error) failed.push(outcome);
          unsaid.push(...outcome.notes.filter((one) => !costs.has(one) && !whole?.notes.includes(one)));
        }
        expect(failed).toEqual([]);
        expect(unsaid).toEqual([]);
      } finally {
        await held.life.end();
      }
    },
  );
});
