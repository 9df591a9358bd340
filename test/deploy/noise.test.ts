import { createServer, type Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/contract/index.ts";
import { deploy, formatPlan, planDeploy } from "../../src/deploy/index.ts";
import { configMap, renderingOf } from "../../src/deploy/testing/testCluster.ts";
import { createKubeClient, type KubeClient, type Transport } from "../../src/kube/index.ts";
import { createAuthority, issueServerCertificate } from "../../src/sandbox/api/https/certificates.ts";
import { withPlayedControllers } from "./playedControllers.ts";
import { waiting } from "./RightsLedger.ts";
import { servers, type OpenedServer, type Server } from "./servers.ts";

const app = (image = "example.org/app:1"): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "api" },
  spec: {
    selector: { matchLabels: { app: "api" } },
    template: {
      metadata: { labels: { app: "api" } },
      spec: {
        // Amounts that the server may write in another way, and nothing that it fills in by itself.
        containers: [
          {
            name: "main",
            image,
            resources: {
              requests: { cpu: "0.5", memory: "1024Mi" },
              limits: { cpu: "1000m", memory: "1.5Gi" },
            },
            ports: [{ containerPort: 8080, protocol: "TCP" }],
            livenessProbe: { httpGet: { port: 8080 } },
          },
        ],
        volumes: [
          { name: "scratch", emptyDir: {} },
          { name: "settings", configMap: { name: "settings" } },
        ],
      },
    },
  },
});
const others: readonly KubeObject[] = [
  configMap("settings", { mode: "fast", empty: "" }),
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "api" },
    spec: { selector: { app: "api" }, ports: [{ port: 80, targetPort: 8080, protocol: "TCP" }] },
  },
  {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "nightly" },
    spec: {
      schedule: "5 4 * * *",
      jobTemplate: {
        spec: {
          template: {
            spec: { restartPolicy: "Never", containers: [{ name: "main", image: "example.org/app:1" }] },
          },
        },
      },
    },
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "api" },
    spec: {
      rules: [
        {
          host: "api.example.org",
          http: {
            paths: [
              { path: "/", pathType: "Prefix", backend: { service: { name: "api", port: { number: 80 } } } },
            ],
          },
        },
      ],
    },
  },
  {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "api" },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "api" },
      maxReplicas: 3,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
        },
      ],
    },
  },
  {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "api" },
    spec: { maxUnavailable: "50%", selector: { matchLabels: { app: "api" } } },
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name: "api" },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
  },
];

/** What a mesh and a mirror of images do: an annotation is added, and a value of ours is written anew. */
function mutated(object: KubeObject): KubeObject {
  const copy = structuredClone(object) as KubeObject & {
    spec: { template: { spec: { containers: { image: string }[] } } };
  };
  copy.metadata.annotations = { ...copy.metadata.annotations, "mesh.example.org/injected": "yes" };
  for (const container of copy.spec.template.spec.containers)
    container.image = container.image.replace(/^example\.org/u, "mirror.example.org");
  return copy;
}

/** A webhook over HTTPS, as clusters have them, that a real API server calls. */
async function startWebhook(client: KubeClient): Promise<HttpsServer> {
  const authority = await createAuthority("webhook", Date.now());
  const { certificate, key } = await issueServerCertificate(authority, Date.now());
  const server = createServer({ cert: certificate, key }, (request, response) => {
    void (async () => {
      const review = JSON.parse(Buffer.concat(await request.toArray()).toString()) as {
        request: { uid: string; object: KubeObject };
      };
      const patch = [{ op: "replace", path: "", value: mutated(review.request.object) }];
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          apiVersion: "admission.k8s.io/v1",
          kind: "AdmissionReview",
          response: {
            uid: review.request.uid,
            allowed: true,
            patchType: "JSONPatch",
            patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
          },
        }),
      );
    })();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await client.create<KubeObject>({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "mesh" },
    webhooks: [
      {
        name: "mesh.example.org",
        clientConfig: {
          url: `https://127.0.0.1:${port}/`,
          caBundle: Buffer.from(authority.certificate).toString("base64"),
        },
        rules: [
          {
            apiGroups: ["apps"],
            apiVersions: ["v1"],
            operations: ["CREATE", "UPDATE"],
            resources: ["deployments"],
          },
        ],
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
      },
    ],
  });
  return server;
}

/** The sandbox calls no webhooks: what one does is done on the way there. */
const throughWebhook = (inner: Transport): Transport => ({
  ...inner,
  send: (request) =>
    inner.send(
      request.method === "PATCH" && /\/deployments\/[^/]+$/u.test(request.path)
        ? { ...request, body: mutated(request.body as KubeObject) }
        : request,
    ),
});

describe.each(servers)("On $name", (server: Server) => {
  let cluster: OpenedServer;
  beforeAll(async () => {
    if (server.missing === undefined) await server.start();
  }, 300_000);
  afterAll(() => server.stop());
  beforeEach(async () => {
    if (server.missing === undefined) cluster = await server.open();
  });
  afterEach(async () => await cluster?.close());

  async function twice(client: KubeClient, object: KubeObject): Promise<string[]> {
    const rendering = renderingOf([object, ...others]);
    await cluster.deployer.grant(rendering);
    await deploy(rendering, await planDeploy(rendering, { client }), { client });
    const plan = await planDeploy(rendering, { client });
    expect(plan.objects.flatMap(({ drift }) => drift ?? [])).toEqual([]);
    return plan.nothingToDo ? [] : formatPlan(plan, { fields: true });
  }

  it.skipIf(server.missing !== undefined)(
    "what the server fills in and writes in another way is no difference",
    async () => {
      const client = createKubeClient(withPlayedControllers(cluster.deployer.transport, cluster.client));
      expect(await twice(client, app())).toEqual([]);
      await cluster.deployer.destroy(renderingOf([]));
    },
  );

  it.skipIf(server.missing !== undefined)(
    "what a webhook adds or writes anew is no difference, and a change of ours is one",
    async () => {
      const real = server.name !== "the sandbox";
      const webhook = real ? await startWebhook(cluster.client) : undefined;
      try {
        const own = cluster.deployer.transport;
        const client = createKubeClient(
          withPlayedControllers(real ? own : throughWebhook(own), cluster.client),
        );
        const admin = createKubeClient(real ? cluster.transport : throughWebhook(cluster.transport));
        const ref = { apiVersion: "apps/v1", kind: "Deployment", name: "api", namespace: "epi" };
        const called = async (): Promise<boolean> => {
          const probe = { ...app("example.org/probe:1"), metadata: { name: "probe", namespace: "epi" } };
          const made = await admin.apply(probe, { fieldManager: "probe", dryRun: true });
          return made.metadata.annotations?.["mesh.example.org/injected"] === "yes";
        };
        // The server hears of a new webhook a moment later.
        for (let tries = 0; !(await called()); tries++) {
          expect(tries, "the server never called the webhook").toBeLessThan(1200);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        expect(await twice(client, app())).toEqual([]);
        expect(JSON.stringify(await client.get(ref))).toContain("mirror.example.org/app:1");
        const next = renderingOf([app("example.org/app:2"), ...others]);
        expect((await planDeploy(next, { client })).summary).toMatchObject({ update: 1 });
      } finally {
        if (webhook !== undefined) {
          await cluster.client.delete({
            apiVersion: "admissionregistration.k8s.io/v1",
            kind: "MutatingWebhookConfiguration",
            name: "mesh",
          });
          webhook.closeAllConnections();
          webhook.close();
        }
      }
    },
  );

  it.skipIf(server.missing !== undefined)("every right that was granted was needed", () => {
    expect(server.ledger.unused(waiting)).toEqual([]);
  });
});
