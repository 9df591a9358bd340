// generated.proto and Go's struct tags -> the field table that `loadProtobuf` reads.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";
import type { ProtobufField, ProtobufTable } from "../../src/kube/loadProtobuf.ts";
import type { GoField, GoSources } from "./goTypes.ts";
import { bodies, goPackageOf, goPackages, kinds } from "./sources.ts";

/** How a message is written in JSON when not field by field. */
const special: Readonly<Record<string, string>> = {
  "k8s.io.apimachinery.pkg.api.resource.Quantity": "quantity",
  "k8s.io.apimachinery.pkg.util.intstr.IntOrString": "intOrString",
  "k8s.io.apimachinery.pkg.apis.meta.v1.Time": "time",
  "k8s.io.apimachinery.pkg.apis.meta.v1.Timestamp": "time",
  "k8s.io.apimachinery.pkg.apis.meta.v1.MicroTime": "microTime",
  "k8s.io.apimachinery.pkg.apis.meta.v1.FieldsV1": "json",
  "k8s.io.apimachinery.pkg.runtime.RawExtension": "json",
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSON": "json",
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool": "schemaOrBool",
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray": "schemaOrArray",
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray":
    "schemaOrStringArray",
};

const protobufPackageOf = (goPackage: string): string =>
  `k8s.io.${goPackage.replaceAll("/", ".").replaceAll("-", "_")}`;

export function protobufTable(folderOf: (module: string) => string, sources: GoSources): ProtobufTable {
  const root = new protobuf.Root();
  for (const goPackage of goPackages) {
    const [module, ...rest] = goPackage.split("/");
    const file = join(folderOf(module!), ...rest, "generated.proto");
    // A hyphen is no part of a name in the grammar of .proto files; gogo's is laxer.
    const text = readFileSync(file, "utf8").replaceAll(
      "apiextensions-apiserver.",
      "apiextensions_apiserver.",
    );
    protobuf.parse(text, root, { keepCase: true });
  }
  root.resolveAll();

  const goPackageOfMessage = new Map(goPackages.map((each) => [protobufPackageOf(each), each]));
  const messages: ProtobufTable["messages"] = {};
  const visit = (type: protobuf.Type): string => {
    const name = type.fullName.slice(1);
    if (messages[name]) return name;
    const parent = type.parent!.fullName.slice(1);
    const goFields = sources.fields(goPackageOfMessage.get(parent)!, type.name);
    const wrapped = type.fieldsArray.length === 1 && type.fieldsArray[0]!.name === "items" && !goFields;
    const fields: Record<number, ProtobufField> = {};
    const as = special[name] ?? (wrapped ? "items" : undefined);
    messages[name] = as === undefined ? { fields } : { fields, as };
    for (const field of type.fieldsArray) {
      const go = goFields?.find((each) => each.id === field.id) ?? goFieldByName(goFields, field.name);
      if (!go && !as) throw new Error(`${name}.${field.name} has no Go field`);
      fields[field.id] = fieldOf(field, go, visit);
    }
    return name;
  };
  const objects: ProtobufTable["objects"] = {};
  for (const [groupVersion, names] of Object.entries(kinds)) {
    for (const kind of names.split(" ")) {
      objects[`${groupVersion}/${kind}`] = visit(
        root.lookupType(`${protobufPackageOf(goPackageOf(groupVersion))}.${kind}`),
      );
    }
  }
  for (const [key, definition] of Object.entries(bodies)) {
    objects[key] = visit(root.lookupType(definition.replace(/^io\.k8s\./, "k8s.io.")));
  }
  return { objects, messages };
}

/** `EphemeralContainerCommon` has a tag without a name; its number still matches. */
const goFieldByName = (fields: readonly GoField[] | undefined, name: string): GoField | undefined =>
  fields?.find((each) => each.name.toLowerCase() === name.toLowerCase());

function fieldOf(
  field: protobuf.Field,
  go: GoField | undefined,
  visit: (type: protobuf.Type) => string,
): ProtobufField {
  const resolved = field.resolvedType;
  const type = resolved instanceof protobuf.Type ? `.${visit(resolved)}` : field.type;
  const pointer = go === undefined || go.type.startsWith("*");
  return {
    name: go?.json ?? field.name,
    type,
    ...(field.repeated ? { list: true } : {}),
    ...(field instanceof protobuf.MapField ? { mapKey: field.keyType } : {}),
    ...(go?.inline ? { inline: true } : {}),
    // A pointer that is on the wire was set; a value always is, also when it's zero.
    ...(!pointer && (go.omitempty || resolved) ? { omitZero: true } : {}),
  };
}
