import { z } from "zod";
import { lazily } from "../../platform/lazily.ts";
import { devAnnotations, type KubeObject, type Problem } from "../../contract/index.ts";
import type {
  PlacedComponent,
  RenderContext,
  ResolvedReference,
  SecretDeclaration,
} from "../../platform/ComponentKind.ts";
import { mountPath, text, variableName } from "../fields.ts";
import { finding } from "../finding.ts";

/** A file beside the platform file, as the content of `files`: `{ "/etc/app/settings.ini": file("settings.ini") }`. */
export const file = (path: string, options: { template?: boolean; mode?: number } = {}) => ({
  file: path,
  ...options,
});

const fileOptions = lazily(() => ({
  template: z
    .boolean()
    .optional()
    .meta({ description: "Addresses and paths in it are substituted in the sandbox." }),
  mode: z.int().min(0).max(0o777).optional().meta({ description: "Permission bits." }),
}));

/** The content of one file. */
export const fileContent = () =>
  z.union(
    [
      text(),
      z.strictObject({ text: text(), ...fileOptions() }),
      z.strictObject({ file: z.string().min(1), ...fileOptions() }),
    ],
    { error: 'expected text, file("PATH"), or { text or file, template, mode }' },
  );

export const configurationFields = lazily(() => ({
  config: z
    .record(variableName(), z.union([text(), z.number(), z.boolean()]))
    .optional()
    .meta({
      description: "Kept in a ConfigMap and given as environment variables; a change rolls the pods.",
    }),
  files: z
    .record(mountPath(), fileContent())
    .optional()
    .meta({ description: "Files by their path in the container; a change rolls the pods." }),
}));

const configurationSchema = lazily(() => z.strictObject(configurationFields()));
export type ConfigurationSpec = z.output<ReturnType<typeof configurationSchema>>;

interface FileEntry {
  readonly path: string;
  readonly key: string;
  readonly mode?: number;
  readonly template: boolean;
  readonly content:
    | { readonly type: "text"; readonly value: string }
    | { readonly type: "binary"; readonly value: string }
    /** Text around secrets: the template of a Secret's key. */
    | { readonly type: "secret"; readonly template: string; readonly secrets: readonly string[] };
}

/** What one container's `files` come to: where they are kept, and how they are mounted. */
export interface RenderedFiles {
  readonly configMap: {
    data: Record<string, string>;
    binaryData: Record<string, string>;
    templates: string[];
  };
  readonly secretKeys: Record<string, string>;
  readonly volumeMounts: { name: string; mountPath: string; subPath: string; readOnly: true }[];
  readonly modes: Record<string, number>;
  readonly secrets: readonly string[];
}

/** Volume of the ConfigMap with files, and of the Secret with files. Volume components give their keys to volumes, hence the prefix. */
export const filesVolume = "moorage-files";
export const secretFilesVolume = "moorage-secret-files";

/**
 * Each file is mounted alone (`subPath`), so that it hides nothing of the folder it is put into. Files that contain a secret are kept in
 * a Secret whose value is composed when it is deployed.
 */
export function renderFiles(spec: ConfigurationSpec, prefix: string, context: RenderContext): RenderedFiles {
  const entries = fileEntries(spec, prefix, context);
  const rendered: RenderedFiles = {
    configMap: { data: {}, binaryData: {}, templates: [] },
    secretKeys: {},
    volumeMounts: [],
    modes: {},
    secrets: entries.flatMap(({ content }) => (content.type === "secret" ? content.secrets : [])),
  };
  for (const { path, key, mode, template, content } of entries) {
    if (content.type === "text") rendered.configMap.data[key] = content.value;
    if (content.type === "binary") rendered.configMap.binaryData[key] = content.value;
    if (content.type === "secret") rendered.secretKeys[key] = content.template;
    if (template) rendered.configMap.templates.push(key);
    if (mode !== undefined) rendered.modes[key] = mode;
    const name = content.type === "secret" ? secretFilesVolume : filesVolume;
    rendered.volumeMounts.push({ name, mountPath: path, subPath: key, readOnly: true });
  }
  return rendered;
}

function fileEntries(spec: ConfigurationSpec, prefix: string, context: RenderContext): FileEntry[] {
  const taken = new Set<string>();
  return Object.entries(spec.files ?? {}).map(([path, content]) => {
    const base = prefix + path.replace(/^\/+/u, "").replaceAll(/[^-._a-zA-Z0-9]/gu, "-");
    let key = base;
    for (let n = 2; taken.has(key); n++) key = `${base}-${n}`;
    taken.add(key);
    const options = typeof content === "string" ? {} : { mode: content.mode };
    const template = typeof content === "object" && content.template === true;
    return { path, key, template, ...options, content: contentOf(content, context) };
  });
}

function contentOf(
  content: z.output<ReturnType<typeof fileContent>>,
  context: RenderContext,
): FileEntry["content"] {
  if (typeof content === "object" && "file" in content) return bytesOf(context.readFile(content.file));
  const pieces = context.resolve(typeof content === "string" ? content : content.text);
  const secrets = pieces.flatMap((piece) =>
    typeof piece === "object" && piece.type === "secret" ? [piece.secret] : [],
  );
  if (secrets.length === 0) return { type: "text", value: pieces.map((piece) => textOf(piece)).join("") };
  const template = pieces.map((piece) => templateOf(piece)).join("");
  return { type: "secret", template, secrets };
}

const textOf = (piece: string | ResolvedReference): string =>
  typeof piece === "string" ? piece : piece.type === "text" ? piece.value : "";

/** As `secrets/` reads templates: `${SECRET/KEY}` is a value, `$${` is `${` itself. */
export const templateOf = (piece: string | ResolvedReference): string =>
  typeof piece === "object" && piece.type === "secret"
    ? `\${${piece.secret}/${piece.key}}`
    : textOf(piece).replaceAll("${", () => "$${");

function bytesOf(bytes: Uint8Array): FileEntry["content"] {
  try {
    const value = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!value.includes("\0")) return { type: "text", value };
  } catch {
    // Not UTF-8: a ConfigMap keeps it as bytes.
  }
  return { type: "binary", value: Buffer.from(bytes).toString("base64") };
}

/** The ConfigMap of all files of a component, if there are any. */
export function filesConfigMap(
  component: PlacedComponent,
  files: readonly RenderedFiles[],
  context: RenderContext,
  part = "files",
): KubeObject | undefined {
  const data = merged(files.map((one) => one.configMap.data));
  const binaryData = merged(files.map((one) => one.configMap.binaryData));
  const templates = files.flatMap((one) => one.configMap.templates);
  if (Object.keys(data).length + Object.keys(binaryData).length === 0) return undefined;
  const metadata = context.metadata(component, { part });
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      ...metadata,
      annotations:
        context.sandbox && templates.length > 0
          ? { [devAnnotations.templates]: templates.join(",") }
          : undefined,
    },
    data: Object.keys(data).length > 0 ? data : undefined,
    binaryData: Object.keys(binaryData).length > 0 ? binaryData : undefined,
  };
}

/** The Secret of all files of a component that contain secrets, if there are any. */
export function filesSecret(
  component: PlacedComponent,
  files: readonly RenderedFiles[],
  context: RenderContext,
): SecretDeclaration | undefined {
  const templates = Object.entries(merged(files.map((one) => one.secretKeys)));
  if (templates.length === 0) return undefined;
  return {
    name: context.metadata(component, { part: "secret-files" }).name,
    component: component.key,
    keys: Object.fromEntries(
      templates.map(([key, template]) => [key, { from: "template" as const, template }]),
    ),
  };
}

/** A ConfigMap holds 1 MiB at most. */
export function checkFilesSize(
  component: PlacedComponent,
  files: ConfigurationSpec["files"],
  context: RenderContext,
): Problem[] {
  if (files === undefined) return [];
  const size = JSON.stringify(renderFiles({ files }, "", context).configMap).length;
  if (size <= 1_000_000) return [];
  return [
    finding(component, "files", `its files come to ${(size / 1e6).toFixed(1)} MB; a ConfigMap holds 1 MB`, {
      hint: "put large files into the image, or on a volume",
    }),
  ];
}

/** The keys of different containers never meet: each has its prefix. */
export function merged<T>(records: readonly Readonly<Record<string, T>>[]): Record<string, T> {
  return Object.fromEntries(records.flatMap((record) => Object.entries(record)));
}
