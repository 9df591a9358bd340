// Reads what OpenAPI and protobuf do not tell from the Go sources: JSON names, pointers, omitempty, inlining, closed sets of constants.
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface GoField {
  readonly name: string;
  /** As written: `*int32`, `[]Container`, `metav1.Time`. */
  readonly type: string;
  readonly json: string | undefined;
  readonly inline: boolean;
  readonly omitempty: boolean;
  /** Protobuf field number. */
  readonly id: number | undefined;
}

export interface GoPackage {
  readonly structs: ReadonlyMap<string, readonly GoField[]>;
  /** `// +enum` string types, with the values of their constants. */
  readonly enums: ReadonlyMap<string, readonly string[]>;
  /** Import alias -> Go package below `k8s.io/`. */
  readonly imports: ReadonlyMap<string, string>;
}

/** `folderOf` maps the first part of a package (`api`) to its module's folder. */
export function readGoPackage(folder: string): GoPackage {
  const structs = new Map<string, GoField[]>();
  const enums = new Map<string, string[]>();
  const imports = new Map<string, string>();
  if (!existsSync(folder)) return { structs, enums, imports };
  const files = globSync("*.go", { cwd: folder }).filter(
    (file) =>
      !file.endsWith("_test.go") && !file.startsWith("zz_generated") && !file.startsWith("generated."),
  );
  const text = files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");

  for (const match of text.matchAll(/^\s*(?:(\w+)\s+)?"k8s\.io\/([^"]+)"$/gm)) {
    const [, alias, path] = match as unknown as [string, string | undefined, string];
    imports.set(alias ?? path.split("/").at(-1)!, path);
  }
  for (const match of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
    structs.set(match[1]!, [...fieldsOf(match[2]!)]);
  }
  for (const match of text.matchAll(/\/\/ \+enum\n(?:\/\/.*\n)*type (\w+) string/g)) enums.set(match[1]!, []);
  for (const match of text.matchAll(/^\s*(?:const )?\w+\s+(\w+)\s*=\s*"([^"]*)"/gm)) {
    enums.get(match[1]!)?.push(match[2]!);
  }
  return { structs, enums, imports };
}

function* fieldsOf(body: string): Generator<GoField> {
  for (const line of body.split("\n")) {
    const match = /^\t(?:(\w+)\s+)?([*\w[\].]+)\s+`(.*)`/.exec(line);
    if (!match) continue;
    const [, name, type, tags] = match as unknown as [string, string | undefined, string, string];
    const json = /json:"([^"]*)"/.exec(tags)?.[1]?.split(",");
    const protobuf = /protobuf:"([^"]*)"/.exec(tags)?.[1]?.split(",");
    yield {
      name: name ?? type.replace(/^\*/, "").split(".").at(-1)!,
      type,
      json: json?.[0] || undefined,
      inline: json !== undefined && json.slice(1).includes("inline"),
      omitempty:
        json !== undefined && json.slice(1).some((flag) => flag === "omitempty" || flag === "omitzero"),
      id: protobuf === undefined ? undefined : Number(protobuf[1]),
    };
  }
}

/** All packages of one Kubernetes version, and questions across them. */
export class GoSources {
  readonly packages: Map<string, GoPackage>;

  constructor(packages: Map<string, GoPackage>) {
    this.packages = packages;
  }

  fields(packagePath: string, struct: string): readonly GoField[] | undefined {
    return this.packages.get(packagePath)?.structs.get(struct);
  }

  /** The closed set of a field, by its JSON name, found through inlined structs. */
  enumOf(packagePath: string, struct: string, jsonName: string): readonly string[] | undefined {
    const source = this.packages.get(packagePath);
    for (const field of source?.structs.get(struct) ?? []) {
      const [home, type] = this.#resolve(packagePath, field.type);
      if (field.json === jsonName) {
        const values = this.packages.get(home)?.enums.get(type);
        return values?.length ? values : undefined;
      }
      if (field.inline) {
        const inner = this.enumOf(home, type, jsonName);
        if (inner) return inner;
      }
    }
    return undefined;
  }

  /** `*v1.PullPolicy`, `[]PullPolicy` -> the package it lives in, and its name. */
  #resolve(packagePath: string, type: string): [string, string] {
    const bare = type.replace(/^[*[\]]+/, "");
    if (!bare.includes(".")) return [packagePath, bare];
    const [alias, name] = bare.split(".") as [string, string];
    return [this.packages.get(packagePath)?.imports.get(alias) ?? alias, name];
  }
}
