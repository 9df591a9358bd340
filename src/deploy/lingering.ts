/** Milliseconds that the last requests of an interrupted deploy may take: to say where it stopped, and to free the lock. */
export const lastWords = 3000;

/** A signal that fires so long after another one. The machine's time, as a person waits in front of it. */
export function lingering(signal: AbortSignal, milliseconds = lastWords): AbortSignal {
  const later = new AbortController();
  const begin = (): void => {
    setTimeout(() => later.abort(signal.reason), milliseconds).unref();
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  return later.signal;
}
