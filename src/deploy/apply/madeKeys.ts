import type { Rendering } from "../../platform/Rendering.ts";

/**
 * Keys that were made for a rendering because its environment had none yet, until a deploy of that rendering writes them. They are kept beside the rendering and not in it, so that nothing that
 * prints or stores a rendering or a plan can contain a key.
 */
const keys = new WeakMap<Rendering, Uint8Array>();

export const rememberKey = (rendering: Rendering, key: Uint8Array): void => void keys.set(rendering, key);
export const rememberedKey = (rendering: Rendering): Uint8Array | undefined => keys.get(rendering);
