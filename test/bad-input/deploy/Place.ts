import type { KubeObject } from "../../../src/contract/index.ts";
import { createKubeClient, type KubeClient } from "../../../src/kube/index.ts";
import { CliFolder, type CliResult } from "../../cli/CliFolder.ts";
import { HalfUpProxy } from "./HalfUpProxy.ts";
import type { Target } from "./targets.ts";

/** Everything that a deploy here may make. */
const kinds = [
  { apiVersion: "v1", kind: "ConfigMap" },
  { apiVersion: "v1", kind: "Secret" },
  { apiVersion: "coordination.k8s.io/v1", kind: "Lease" },
];

let count = 0;

/** A folder with a platform file and a kubeconfig that leads through a proxy of its own, and a namespace of its own. */
export class Place {
  readonly folder = new CliFolder();
  readonly namespace = `tides-${(count += 1)}`;
  readonly client: KubeClient;
  readonly target: Target;
  readonly proxy: HalfUpProxy;

  private constructor(target: Target, proxy: HalfUpProxy) {
    this.target = target;
    this.proxy = proxy;
    this.client = createKubeClient(target.transport);
    this.write({ one: "1", two: "2" });
    this.kubeconfig({ cluster: { server: this.server } });
  }

  /** The namespace is there unless said. */
  static async open(target: Target, options: { readonly namespace?: boolean } = {}): Promise<Place> {
    const place = new Place(target, await HalfUpProxy.start(target.transport));
    if (options.namespace !== false)
      await place.client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: place.namespace } });
    return place;
  }

  /** With two revisions, and a platform file that wants something else; the proxy has noted no write yet. */
  static async deployedTwice(target: Target): Promise<Place> {
    const place = await Place.open(target);
    await place.must("deploy prod --yes");
    place.write({ one: "1", two: "3" });
    await place.must("deploy prod --yes");
    place.write({ one: "1", two: "4" });
    place.proxy.writes.length = 0;
    return place;
  }

  /** Of the proxy. */
  get server(): string {
    return `http://127.0.0.1:${this.proxy.port}`;
  }

  /** The platform file: a ConfigMap for each name, and other objects. */
  write(values: Readonly<Record<string, string>>, others: readonly unknown[] = []): void {
    const maps = Object.entries(values).map(([name, value]) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { value },
    }));
    this.folder.write(
      "moorage.yaml",
      JSON.stringify({
        name: "tides",
        environments: Object.fromEntries(
          ["prod", "staging"].map((name) => [
            name,
            { target: { context: "okd" }, namespace: this.namespace },
          ]),
        ),
        components: { settings: { kind: "manifests", objects: [...maps, ...others] } },
      }),
    );
  }

  kubeconfig(of: {
    cluster: Readonly<Record<string, unknown>>;
    user?: Readonly<Record<string, unknown>>;
  }): void {
    this.folder.environment.KUBECONFIG = this.folder.write(
      "kubeconfig",
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        "current-context": "okd",
        clusters: [{ name: "okd", cluster: of.cluster }],
        users: [{ name: "ada", user: of.user ?? {} }],
        contexts: [{ name: "okd", context: { cluster: "okd", user: "ada" } }],
      }),
    );
  }

  /** A line of a command, in this process. */
  async run(line: string, host: Parameters<CliFolder["run"]>[1] = {}): Promise<CliResult> {
    return await this.folder.run(line.split(" "), host);
  }

  /** A command that has to go well. */
  async must(line: string): Promise<CliResult> {
    const result = await this.run(line);
    if (result.code !== 0)
      throw new Error(`${line} exits with ${result.code}:\n${result.stdout}${result.stderr}`);
    return result;
  }

  ref(kind: string, name: string, apiVersion = "v1") {
    return { apiVersion, kind, name, namespace: this.namespace };
  }

  get lease() {
    return this.ref("Lease", "moorage-tides-prod", "coordination.k8s.io/v1");
  }

  /** Every object of the namespace, as it is to the byte. */
  async everything(): Promise<string[]> {
    const lists = await Promise.all(
      kinds.map((kind) => this.client.list(kind, { namespace: this.namespace })),
    );
    return lists.flatMap(({ items }) => items.map((object) => JSON.stringify(object))).toSorted();
  }

  /** The values of the ConfigMaps of the platform. */
  async values(): Promise<Record<string, string>> {
    const { items } = await this.client.list<KubeObject & { data?: Record<string, string> }>(
      { apiVersion: "v1", kind: "ConfigMap" },
      { namespace: this.namespace },
    );
    return Object.fromEntries(
      items.flatMap(({ metadata, data }): [string, string][] =>
        data?.["value"] === undefined ? [] : [[metadata.name ?? "", data["value"]]],
      ),
    );
  }

  /** Who holds the lock; undefined when it is free. */
  async holder(): Promise<string | undefined> {
    const lease = await this.client.find<KubeObject & { spec?: { holderIdentity?: string } }>(this.lease);
    return lease?.spec?.holderIdentity || undefined;
  }

  /** What is left of a dead holder's lease: a second. */
  async shortenLease(): Promise<void> {
    await this.client.patch(this.lease, "merge", { spec: { leaseDurationSeconds: 1 } });
  }

  async close(): Promise<void> {
    await this.proxy.close();
    this.folder.remove();
  }
}
