import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toolPath } from "../tools/kubectl.ts";
import {
  deployment,
  eventually,
  js,
  pod,
  startTestSandbox,
  stay,
  template,
  type TestSandbox,
} from "./TestSandbox.ts";

let test: TestSandbox;
beforeAll(async () => {
  test = await startTestSandbox();
});
afterAll(() => test.close());

const web = (name: string, replicas: number): object =>
  deployment(name, template(name, test.folder, { containers: [js(stay)] }), { replicas });
const ready = (name: string, replicas: number, namespace = "default"): Promise<unknown> =>
  eventually(`${replicas} of ${name}`, async () => {
    const { status } = await test.get(`deployment ${name} -n ${namespace}`);
    return status.readyReplicas === replicas && status.observedGeneration;
  });

describe("Pod Security", () => {
  beforeAll(async () => {
    await test.kubectl("create namespace strict");
    await test.kubectl("label namespace strict pod-security.kubernetes.io/enforce=restricted");
  });

  it("refuses a pod and says everything that is wrong with it", async () => {
    const { code, stderr } = await test.run("kubectl", "run web --image example.org/web:1 -n strict");
    expect(code).toBe(1);
    expect(stderr.trim()).toBe(
      'Error from server (Forbidden): pods "web" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "web" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "web" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "web" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
  });

  it("warns of a Deployment, whose pods then don't come", async () => {
    const { stderr } = await test.run("kubectl", "create deployment web --image example.org/web:1 -n strict");
    expect(stderr).toContain('Warning: would violate PodSecurity "restricted:latest"');
    await eventually("the refusal", async () => {
      const { status } = await test.get("deployment web -n strict");
      return status.conditions?.some(
        ({ type, status: value }: { type: string; status: string }) =>
          type === "ReplicaFailure" && value === "True",
      );
    });
    expect(await test.kubectl("get pods -n strict -o name")).toBe("");
  });

  it("lets in what keeps to the level", async () => {
    const secure = {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        js(stay, { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } }),
      ],
    };
    const object = pod("good", template("good", test.folder, secure)) as { metadata: object };
    expect(await test.apply({ ...object, metadata: { ...object.metadata, namespace: "strict" } })).toBe(
      "pod/good serverside-applied\n",
    );
  });
});

describe("quotas and limits", () => {
  it("hold a namespace to what it may use, as kubectl describes it", async () => {
    await test.kubectl("create namespace small");
    await test.kubectl("create quota q --hard=pods=2,requests.cpu=1 -n small");
    await test.apply({
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { name: "l", namespace: "small" },
      spec: { limits: [{ type: "Container", defaultRequest: { cpu: "400m" }, max: { cpu: "800m" } }] },
    });
    await eventually("the count", async () => (await test.get("quota q -n small")).status.used?.pods === "0");
    const app = web("app", 3) as { metadata: object };
    await test.apply({ ...app, metadata: { ...app.metadata, namespace: "small" } });
    await ready("app", 2, "small");
    expect(await test.kubectl("describe quota q -n small")).toMatch(
      /pods\s+2\s+2\nrequests\.cpu\s+800m\s+1\n/,
    );
    const events = await test.kubectl("get events -n small");
    expect(events).toContain(
      "exceeded quota: q, requested: pods=1,requests.cpu=400m, used: pods=2,requests.cpu=800m, limited: pods=2,requests.cpu=1",
    );
    await test.kubectl("scale deployment app --replicas 1 -n small");
    await eventually(
      "what goes to be given back",
      async () => (await test.get("quota q -n small")).status.used.pods === "1",
    );
  });
});

describe("kubectl drain", () => {
  it("waits until the disruption budgets allow, and goes on then", async () => {
    await test.apply(web("kept", 2), {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "kept" },
      spec: { minAvailable: 2, selector: { matchLabels: { app: "kept" } } },
    });
    await ready("kept", 2);
    await eventually("the budget", async () => (await test.get("pdb kept")).status?.currentHealthy === 2);
    const args = ["drain", "sandbox", "--pod-selector=app=kept", "--timeout=90s", "--force"];
    const drain = spawn(toolPath("kubectl"), args, {
      env: { KUBECONFIG: test.sandbox.kubeconfig, HOME: test.folder, PATH: process.env["PATH"] },
    });
    let said = "";
    for (const stream of [drain.stdout, drain.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
    const ended = new Promise<number | null>((resolve) => drain.once("close", resolve));
    await eventually("the refusal", async () =>
      said.includes("Cannot evict pod as it would violate the pod's disruption budget."),
    );
    expect((await test.get("pods -l app=kept")).items).toHaveLength(2);
    await test.kubectl(["patch", "pdb", "kept", "--type=merge", "-p", '{"spec":{"minAvailable":0}}']);
    expect(await ended, said).toBe(0);
    expect(said).toContain("node/sandbox drained");
    // What takes their place waits for a node that may be used.
    await eventually("new pods", async () => {
      const { items } = await test.get("pods -l app=kept");
      return (
        items.length === 2 &&
        items.every(({ status }: { status: { phase: string } }) => status.phase === "Pending")
      );
    });
    await test.kubectl("uncordon sandbox");
    await ready("kept", 2);
  });
});

describe("what every cluster has", () => {
  it("namespaces with their labels, accounts and certificates", async () => {
    for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"]) {
      expect((await test.get(`namespace ${name}`)).metadata.labels).toEqual({
        "kubernetes.io/metadata.name": name,
      });
      await eventually("the account", async () => (await test.get(`serviceaccount default -n ${name}`)).kind);
      expect((await test.get(`configmap kube-root-ca.crt -n ${name}`)).data["ca.crt"]).toContain(
        "BEGIN CERTIFICATE",
      );
    }
    const { stderr } = await test.run("kubectl", "delete namespace kube-system");
    expect(stderr).toContain('namespaces "kube-system" is forbidden: this namespace may not be deleted');
  });

  it("the Service kubernetes, which leads to the server", async () => {
    expect((await test.get("service kubernetes")).spec).toMatchObject({
      clusterIP: "10.96.0.1",
      ports: [{ port: 443 }],
    });
    const { endpoints, ports } = await test.get("endpointslice kubernetes");
    expect(`https://${endpoints[0].addresses[0]}:${ports[0].port}`).toBe(test.sandbox.server);
  });

  it("classes of priority, and a default class of storage that claims get", async () => {
    expect(await test.kubectl("get priorityclass -o name")).toBe(
      "priorityclass.scheduling.k8s.io/system-cluster-critical\npriorityclass.scheduling.k8s.io/system-node-critical\n",
    );
    await test.apply({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    const claim = await eventually("the volume", async () => {
      const found = await test.get("pvc data");
      return found.status.phase === "Bound" && found;
    });
    expect(claim.spec.storageClassName).toBe("moorage-folder");
    expect(claim.metadata.finalizers).toEqual(["kubernetes.io/pvc-protection"]);
    expect((await test.get(`pv ${claim.spec.volumeName}`)).metadata.finalizers).toEqual([
      "kubernetes.io/pv-protection",
    ]);
    await test.kubectl("delete pvc data --timeout=90s");
    await eventually("the volume's end", async () => (await test.kubectl("get pv -o name")) === "");
  });
});
