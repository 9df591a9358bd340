import { MoorageError, type KubeObject } from "../../contract/index.ts";
import type { ObjectRef } from "../../kube/KubeClient.ts";
import { isAlreadyExists, isConflict, isNotFound, KubeError } from "../../kube/KubeError.ts";
import type { Context } from "../DeployContext.ts";
import { stateLabels, stateOf, type Environment } from "../Environment.ts";
import { lingering } from "../lingering.ts";

/** How the lock of an environment is taken and kept. */
export interface LockOptions {
  /** Milliseconds after which a holder that is not seen to renew counts as dead. Default 15 s. */
  readonly duration?: number;
  /** Milliseconds to wait for a holder that does renew. Default 0: it is refused as soon as the holder is seen alive. */
  readonly wait?: number;
}

interface Lease extends KubeObject {
  /** Left out by who makes a Lease by hand. */
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

/**
 * The lock of an environment: a Lease. A holder renews it every third of its duration. Whoever wants it and finds it held watches whether its version changes; one that stays the same for the
 * holder's whole duration, measured here, is taken over. No times of two machines are compared.
 *
 * Source: the protocol of client-go `tools/leaderelection`, which also goes by what is observed.
 */
export class Lock {
  readonly #environment: Environment;
  readonly #context: Context;
  readonly #identity: string;
  readonly #duration: number;
  readonly #wait: number;
  readonly #stop = new AbortController();
  readonly #lost = new AbortController();
  #lease: Lease | undefined;
  /** When the latest renewal that took effect was sent: others count from later on. */
  #renewedAt = 0;
  #unanswered = 0;
  #renewing: Promise<void> = Promise.resolve();
  #renewal: Promise<boolean> | undefined;

  constructor(environment: Environment, context: Context, options: LockOptions = {}) {
    this.#environment = environment;
    this.#context = context;
    this.#duration = options.duration ?? 15_000;
    this.#wait = options.wait ?? 0;
    this.#identity = `${context.who} ${Buffer.from(context.random(4)).toString("hex")}`;
  }

  /** Fires with a `LockLost` when somebody else has taken the lock, or it could not be renewed in time. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** @param isFirst nothing was ever deployed here, so that there is hardly a Lease: it is made without looking first */
  async acquire(isFirst = false): Promise<void> {
    const { clock, client, signal, onEvent } = this.#context;
    const started = clock.now();
    let seen: { version: string | undefined; at: number } | undefined;
    signal.throwIfAborted();
    if (isFirst && (await this.#take(undefined))) return this.#begin();
    for (;;) {
      signal.throwIfAborted();
      const live = await client.find<Lease>(this.#ref(), { signal });
      const holder = live?.spec?.holderIdentity ?? "";
      if (live === undefined || holder === "" || holder === this.#identity) {
        if (await this.#take(live)) return this.#begin();
        continue;
      }
      const now = clock.now();
      if (seen === undefined) {
        seen = { version: live.metadata.resourceVersion, at: now };
        if (secondsOf(live) > longestSilence) throw this.#held(live, longSilence(live, this.#environment));
        onEvent({
          type: "lock-waiting",
          holder: nameOf(holder),
          ...(live.spec?.acquireTime === undefined ? {} : { since: live.spec.acquireTime }),
        });
      } else if (seen.version !== live.metadata.resourceVersion) {
        if (now - started >= this.#wait) throw this.#held(live);
        seen = { version: live.metadata.resourceVersion, at: now };
      } else if (now - seen.at >= secondsOf(live) * 1000) {
        onEvent({ type: "lock-taken-over", holder: nameOf(holder) });
        if (await this.#take(live)) return this.#begin();
        seen = undefined;
        continue;
      }
      await clock.sleep(1000, signal);
    }
  }

  /**
   * Called before every write: a holder that lost its lock writes nothing more. One that could not renew in time, as on a laptop that slept, asks first whether it is still its own: a renewal takes effect
   * only if nobody has touched the Lease meanwhile.
   *
   * @throws MoorageError LockLost
   */
  async check(): Promise<void> {
    this.#lost.signal.throwIfAborted();
    if (this.#lease === undefined || !this.#hasLapsed()) return;
    await this.#renewOnce();
    if (this.#hasLapsed()) this.#loseTo(undefined);
    this.#lost.signal.throwIfAborted();
  }

  /**
   * Also after an interruption, so it does not go by the deploy's signal. A lock that is not ours any more is left alone.
   *
   * @returns whether it is free; one that could not be freed ends by itself after its duration, as nobody renews it
   */
  async release(): Promise<boolean> {
    this.#stop.abort();
    const signal = lingering(this.#stop.signal);
    await Promise.race([this.#renewing, untilAborted(signal)]);
    if (this.#lease === undefined || this.#lost.signal.aborted) return true;
    try {
      await this.#free(this.#lease, signal);
      return true;
    } catch {
      return false;
    } finally {
      this.#lease = undefined;
    }
  }

  async #free(lease: Lease, signal: AbortSignal): Promise<void> {
    const { holderIdentity: _holder, renewTime: _renew, acquireTime: _acquire, ...spec } = lease.spec ?? {};
    const { client } = this.#context;
    try {
      await client.replace<Lease>({ ...lease, spec }, { signal });
    } catch (error) {
      if (!isConflict(error)) throw error;
      // A renewal of our own, whose answer did not come any more.
      const live = await client.find<Lease>(this.#ref(), { signal });
      if (live?.spec?.holderIdentity === this.#identity)
        await client.replace<Lease>({ ...live, spec }, { signal });
    }
  }

  #ref(): ObjectRef {
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      name: stateOf(this.#environment),
      namespace: this.#environment.namespace,
    };
  }

  /** False when somebody else was faster. */
  async #take(live: Lease | undefined): Promise<boolean> {
    const asked = this.#context.clock.now();
    const now = microTime(asked);
    const spec = {
      holderIdentity: this.#identity,
      leaseDurationSeconds: Math.ceil(this.#duration / 1000),
      acquireTime: now,
      renewTime: now,
      leaseTransitions: (live?.spec?.leaseTransitions ?? 0) + (live === undefined ? 0 : 1),
    };
    const { client } = this.#context;
    try {
      // Not cut short by an interruption at once: a lock that nobody knows of would be in the way of the next.
      const write = { signal: lingering(this.#context.signal) };
      const ref = this.#ref();
      this.#lease =
        live === undefined
          ? await client.create<Lease>(
              {
                apiVersion: ref.apiVersion,
                kind: ref.kind,
                metadata: {
                  name: ref.name,
                  namespace: ref.namespace,
                  labels: stateLabels(this.#environment, "lock"),
                },
                spec,
              },
              write,
            )
          : await client.replace<Lease>({ ...live, spec }, write);
      this.#renewedAt = asked;
      // The answer came so late that others may take it for dead before it is renewed: then what is there tells.
      const isLate = this.#context.clock.now() - asked > (this.#duration * 2) / 3;
      return !isLate || this.#unanswered++ >= 5;
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return false;
      // The namespace does not exist, or is going away: that is no contention.
      if (isNotFound(error) && live !== undefined) return false;
      // The answer may be lost and the lock ours: what is there tells.
      const unclear =
        error instanceof KubeError
          ? error.httpStatus >= 500
          : error instanceof MoorageError && error.code === "ApiUnreachable";
      if (unclear && this.#unanswered++ < 5) return false;
      throw error;
    }
  }

  #begin(): void {
    this.#renewing = this.#renew();
  }

  async #renew(): Promise<void> {
    const { clock } = this.#context;
    const stop = this.#stop.signal;
    // Counted from when it was asked for: when the answer was slow, the rest.
    let wait = Math.max(0, this.#renewedAt + this.#duration / 3 - clock.now());
    while (!stop.aborted && !this.#lost.signal.aborted) {
      try {
        await clock.sleep(wait, stop);
        wait = this.#duration / 3;
      } catch {
        return;
      }
      if (stop.aborted || this.#lease === undefined) return;
      const answered = await this.#renewOnce();
      if (!answered && this.#hasLapsed()) this.#loseTo(undefined);
    }
  }

  #hasLapsed(): boolean {
    return this.#context.clock.now() - this.#renewedAt > this.#duration;
  }

  /** One renewal at a time: whoever asks meanwhile waits for the same. False when nothing is known of how it went. */
  #renewOnce(): Promise<boolean> {
    this.#renewal ??= this.#sendRenewal().finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  async #sendRenewal(): Promise<boolean> {
    const { clock, client } = this.#context;
    const lease = this.#lease;
    if (lease === undefined) return true;
    const now = clock.now();
    try {
      this.#lease = await client.replace<Lease>({
        ...lease,
        spec: { ...lease.spec, renewTime: microTime(now) },
      });
      this.#renewedAt = now;
      return true;
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) return false;
      await this.#settleConflict();
      return true;
    }
  }

  /** A conflict is a lock taken away, unless it was our own write whose answer was lost. */
  async #settleConflict(): Promise<void> {
    try {
      const live = await this.#context.client.find<Lease>(this.#ref());
      if (live?.spec?.holderIdentity === this.#identity) {
        this.#lease = live;
        // By the clock of this machine: nobody else writes it while the lock is ours.
        const renewed = Date.parse(live.spec.renewTime ?? "");
        if (renewed > this.#renewedAt) this.#renewedAt = Math.min(renewed, this.#context.clock.now());
      } else {
        this.#loseTo(live?.spec?.holderIdentity);
      }
    } catch {
      // Not reachable: the next renewal decides.
    }
  }

  #loseTo(holder: string | undefined): void {
    if (this.#lost.signal.aborted) return;
    const by = holder === undefined || holder === "" ? "" : ` ${nameOf(holder)} holds it now.`;
    this.#lost.abort(
      new MoorageError(
        "LockLost",
        `The lock of ${this.#environment.environment} was lost, and writing stopped.${by}`,
        {
          hint: "See `moorage status`; run the deploy again when the other one is done.",
        },
      ),
    );
  }

  #held(
    { spec }: Lease,
    hint = "Wait until it is done, or ask them. A deploy that died is replaced by itself.",
  ): MoorageError {
    const { acquireTime: since } = spec ?? {};
    const begun = since === undefined ? "" : `, since ${since.slice(0, 16).replace("T", " ")} UTC`;
    return new MoorageError(
      "LockHeld",
      `${nameOf(spec?.holderIdentity ?? "")} is deploying ${this.#environment.environment}${begun}.`,
      { hint },
    );
  }
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => signal.addEventListener("abort", () => done(), { once: true }));

/** Seconds for which a holder may be silent. Who is asked to wait for longer than this is told instead. */
const longestSilence = 3600;

const secondsOf = ({ spec }: Lease): number => spec?.leaseDurationSeconds ?? 15;

const longSilence = (lease: Lease, environment: Environment): string =>
  `Its Lease says that it may be silent for ${secondsOf(lease)} s. If nobody deploys, free it: kubectl delete lease ${stateOf(environment)} -n ${environment.namespace}`;

/** The holder without the part that only tells two runs apart. */
const nameOf = (identity: string): string => identity.replace(/ [0-9a-f]{8}$/, "");

/** MicroTime has six decimals. */
const microTime = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/Z$/, "000Z");
