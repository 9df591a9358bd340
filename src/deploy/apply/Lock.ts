import { MoorageError, type KubeObject } from "../../contract/index.ts";
import type { ObjectRef } from "../../kube/KubeClient.ts";
import { isAlreadyExists, isConflict, isNotFound, KubeError } from "../../kube/KubeError.ts";
import type { Context } from "../DeployContext.ts";
import { stateLabels, stateOf, type Environment } from "../Environment.ts";

export interface LockOptions {
  /** Milliseconds after which a holder that is not seen to renew counts as dead. Default 15 s. */
  readonly duration?: number;
  /** Milliseconds to wait for a holder that does renew. Default 0: it is refused as soon as the holder is seen alive. */
  readonly wait?: number;
}

interface Lease extends KubeObject {
  spec: {
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
  #renewedAt = 0;
  #unanswered = 0;
  #renewing: Promise<void> = Promise.resolve();

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

  async acquire(): Promise<void> {
    const { clock, client, signal, onEvent } = this.#context;
    const started = clock.now();
    let seen: { version: string | undefined; at: number } | undefined;
    for (;;) {
      signal.throwIfAborted();
      const live = await client.find<Lease>(this.#ref(), { signal });
      const holder = live?.spec.holderIdentity ?? "";
      if (live === undefined || holder === "" || holder === this.#identity) {
        if (await this.#take(live)) return this.#begin();
        continue;
      }
      const now = clock.now();
      if (seen === undefined) {
        seen = { version: live.metadata.resourceVersion, at: now };
        onEvent({ type: "lock-waiting", holder: nameOf(holder) });
      } else if (seen.version !== live.metadata.resourceVersion) {
        if (now - started >= this.#wait) throw this.#held(holder);
        seen = { version: live.metadata.resourceVersion, at: now };
      } else if (now - seen.at >= (live.spec.leaseDurationSeconds ?? 15) * 1000) {
        onEvent({ type: "lock-taken-over", holder: nameOf(holder) });
        if (await this.#take(live)) return this.#begin();
        seen = undefined;
        continue;
      }
      await clock.sleep(1000, signal);
    }
  }

  /** Called before every write: a holder that lost its lock writes nothing more. */
  check(): void {
    this.#lost.signal.throwIfAborted();
    if (this.#lease !== undefined && this.#context.clock.now() - this.#renewedAt > this.#duration)
      this.#loseTo(undefined);
    this.#lost.signal.throwIfAborted();
  }

  /** Also after an interruption, so it does not go by the deploy's signal. A lock that is not ours any more is left alone. */
  async release(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    if (this.#lease === undefined || this.#lost.signal.aborted) return;
    const { holderIdentity: _holder, renewTime: _renew, acquireTime: _acquire, ...spec } = this.#lease.spec;
    try {
      await this.#context.client.replace<Lease>({ ...this.#lease, spec });
    } catch {
      // It ends by itself after its duration; whoever comes next sees that nobody renews it.
    }
    this.#lease = undefined;
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
    const now = microTime(this.#context.clock.now());
    const spec = {
      holderIdentity: this.#identity,
      leaseDurationSeconds: Math.ceil(this.#duration / 1000),
      acquireTime: now,
      renewTime: now,
      leaseTransitions: (live?.spec.leaseTransitions ?? 0) + (live === undefined ? 0 : 1),
    };
    const { client } = this.#context;
    try {
      // Not cut short by an interruption: a lock that nobody knows of would be in the way of the next.
      const ref = this.#ref();
      this.#lease =
        live === undefined
          ? await client.create<Lease>({
              apiVersion: ref.apiVersion,
              kind: ref.kind,
              metadata: {
                name: ref.name,
                namespace: ref.namespace,
                labels: stateLabels(this.#environment, "lock"),
              },
              spec,
            })
          : await client.replace<Lease>({ ...live, spec });
      return true;
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
    this.#renewedAt = this.#context.clock.now();
    this.#renewing = this.#renew();
  }

  async #renew(): Promise<void> {
    const { clock, client } = this.#context;
    const stop = this.#stop.signal;
    while (!stop.aborted && !this.#lost.signal.aborted) {
      try {
        await clock.sleep(this.#duration / 3, stop);
      } catch {
        return;
      }
      const lease = this.#lease;
      if (stop.aborted || lease === undefined) return;
      const now = clock.now();
      try {
        this.#lease = await client.replace<Lease>({
          ...lease,
          spec: { ...lease.spec, renewTime: microTime(now) },
        });
        this.#renewedAt = now;
      } catch (error) {
        if (isConflict(error) || isNotFound(error)) await this.#settleConflict();
        else if (clock.now() - this.#renewedAt > this.#duration) this.#loseTo(undefined);
      }
    }
  }

  /** A conflict is a lock taken away, unless it was our own write whose answer was lost. */
  async #settleConflict(): Promise<void> {
    try {
      const live = await this.#context.client.find<Lease>(this.#ref());
      if (live?.spec.holderIdentity === this.#identity) {
        this.#lease = live;
        this.#renewedAt = this.#context.clock.now();
      } else {
        this.#loseTo(live?.spec.holderIdentity);
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

  #held(holder: string): MoorageError {
    return new MoorageError("LockHeld", `${nameOf(holder)} is deploying ${this.#environment.environment}.`, {
      hint: "Wait until it is done, or ask them. A deploy that died is replaced by itself.",
    });
  }
}

/** The holder without the part that only tells two runs apart. */
const nameOf = (identity: string): string => identity.replace(/ [0-9a-f]{8}$/, "");

/** MicroTime has six decimals. */
const microTime = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().replace(/Z$/, "000Z");
