import { MoorageError } from "../contract/index.ts";
import { discover, type Discovery } from "./discovery.ts";
import { apiVersionOf, type KindInfo } from "./KindInfo.ts";
import type { KindRef } from "./KubeClient.ts";
import { builtinKinds } from "./table/builtinKinds.ts";
import type { Transport } from "./Transport.ts";

const builtin: ReadonlyMap<string, KindInfo> = new Map(
  builtinKinds.map((kind) => [`${apiVersionOf(kind)}/${kind.kind}`, kind]),
);

/** Which kinds a server serves: asked once, and again when one is missed that may have come since. */
export class KindDirectory {
  readonly #transport: Transport;
  #discovery: Promise<Discovery> | undefined;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Every kind, by preferred version. */
  async all(): Promise<readonly KindInfo[]> {
    const { kinds, preferred } = await this.#discovered();
    // A kind that its group's preferred version lacks is served by the version that has it.
    const byName = new Map<string, KindInfo>();
    for (const kind of kinds) {
      const key = `${kind.group}/${kind.plural}`;
      if (!byName.has(key) || preferred.get(kind.group) === kind.version) byName.set(key, kind);
    }
    return [...byName.values()];
  }

  /** Looks among the built-in kinds first. Rejects with `Unsupported`. */
  async find(ref: KindRef): Promise<KindInfo> {
    if ("plural" in ref) return ref;
    const known = builtin.get(`${ref.apiVersion}/${ref.kind}`);
    if (known) return known;
    const served = ({ kinds }: Discovery): KindInfo | undefined =>
      kinds.find((kind) => kind.kind === ref.kind && apiVersionOf(kind) === ref.apiVersion);
    const cached = this.#discovery;
    let answer = await this.#discovered();
    let found = served(answer);
    if (!found && cached !== undefined) {
      // Asked before this kind came to be, perhaps. Callers that miss at the same time share one refresh.
      if (this.#discovery === cached) this.forget();
      answer = await this.#discovered();
      found = served(answer);
    }
    if (found) return found;
    throw notServed(ref, answer);
  }

  /** The next question asks the server anew. */
  forget(): void {
    this.#discovery = undefined;
  }

  #discovered(): Promise<Discovery> {
    if (this.#discovery !== undefined) return this.#discovery;
    const asked = discover(this.#transport);
    this.#discovery = asked;
    // A failure isn't kept: the next caller asks again.
    asked.catch(() => {
      if (this.#discovery === asked) this.forget();
    });
    return asked;
  }
}

function notServed(
  { apiVersion, kind }: Exclude<KindRef, KindInfo>,
  { kinds, stale }: Discovery,
): MoorageError {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0]! : "";
  const others = kinds.filter((one) => one.kind === kind && one.group === group);
  return new MoorageError("Unsupported", `The cluster does not serve ${kind} of ${apiVersion}.`, {
    hint: stale.includes(apiVersion)
      ? `The server behind ${apiVersion} does not answer: see \`kubectl get apiservices\`.`
      : others.length > 0
        ? `It serves ${others.map(apiVersionOf).join(", ")} of this kind.`
        : `Install what brings this kind (its CustomResourceDefinition), or use another.`,
  });
}
