/** What the API server asks of the node behind it: the subresources of a pod that are no objects. */
export interface NodeBackend {
  /**
   * A container's log, as it arrives; ends when all is said, or with `follow` when the container ended. Throws a MoorageError when there is
   * nothing to show; its message is answered as 400, as the kubelet's is.
   */
  logs(pod: PodRef, options: LogOptions): AsyncIterable<Uint8Array>;
}

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** As in `GET .../pods/NAME/log`. The API server has resolved `container` and checked the numbers. */
export interface LogOptions {
  readonly container: string;
  readonly follow?: boolean;
  /** Of the container before the last restart. */
  readonly previous?: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly sinceSeconds?: number;
  /** RFC 3339. */
  readonly sinceTime?: string;
  /** Each line begins with its time, RFC 3339 with nanoseconds. */
  readonly timestamps?: boolean;
  readonly signal?: AbortSignal;
}
