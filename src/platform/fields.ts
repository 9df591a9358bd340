import { z } from "zod";
import type { KubeObject } from "../contract/index.ts";
import { isComponent, recordOf, type AnyComponent } from "./Component.ts";
import type { ImageHandle } from "./ComponentKind.ts";
import { isSecret, secretNameOf, type SecretHandle } from "./secret.ts";

/** @module Fields of component schemas that hold more than plain data. */

/** Text in which references may stand: `"${broker.url}/0"`. */
export const referenceString = () => z.string().meta({ description: "Text; references may stand in it." });

/** Another component, in TypeScript itself, in YAML by its key. With kinds given, one of these. */
export function componentRef<const Kind extends string = string>(...kinds: readonly Kind[]) {
  const expected = kinds.length === 0 ? "a component" : `a component of kind ${kinds.join(", ")}`;
  return z
    .custom<AnyComponent<Kind> | string>(
      (value) =>
        (typeof value === "string" && value !== "") ||
        (isComponent(value) &&
          (kinds.length === 0 || (kinds as readonly string[]).includes(recordOf(value).kind))),
      { error: `expected ${expected}, or its key` },
    )
    .meta({ type: "string", description: `The key of ${expected}.` });
}

/** `env.images.etl`; in YAML its name, `etl`, or any image reference. */
export const imageRef = () =>
  z
    .custom<ImageHandle | string>(
      (value) =>
        (typeof value === "string" && value !== "") ||
        (typeof value === "object" && value !== null && "image" in value && typeof value.image === "string"),
      { error: "expected an image of this platform (env.images.NAME), or an image reference" },
    )
    .meta({ type: "string", description: "The name of an image of this platform, or an image reference." });

/** A whole declared secret: `secret("db")`; in YAML its name. `secretNameIn` reads it. */
export const secretRef = () =>
  z
    .custom<SecretHandle | string>(
      (value) => (typeof value === "string" && value !== "") || isSecret(value),
      {
        error: 'expected a declared secret: secret("NAME"), or its name',
      },
    )
    .meta({ type: "string", description: "The name of a secret of this platform." });

/** The name in the platform file of what `secretRef` holds. */
export const secretNameIn = (value: SecretHandle | string): string =>
  typeof value === "string" ? value : secretNameOf(value);

/**
 * A patch on the objects that a component renders, by kind, or a function of them. Objects merge; lists of containers, env, volumes,
 * mounts and ports merge by their key; other lists and scalars replace; null removes.
 */
export type Override = Readonly<Record<string, object>> | ((objects: KubeObject[]) => KubeObject[]);

/** Every component's `override`; `platform/` applies it. */
export const overrideField = () =>
  z
    .custom<Override>(
      (value) =>
        typeof value === "function" || (typeof value === "object" && value !== null && !Array.isArray(value)),
      {
        error:
          "expected a patch by kind of object, { Deployment: { spec: ... } }, or a function of the objects",
      },
    )
    .meta({
      type: "object",
      additionalProperties: { type: "object" },
      description: "A patch on the rendered objects, by kind: { Deployment: { spec: ... } }.",
    });
