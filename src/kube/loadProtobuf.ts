import protobuf from "protobufjs/minimal.js";
import { MoorageError } from "../contract/index.ts";
import type { KubeObject } from "../contract/index.ts";
import { readTable } from "./readTable.ts";

/** A field of a message: its JSON name and its protobuf type, `.` before the name of a message. */
export interface ProtobufField {
  readonly name: string;
  readonly type: string;
  readonly list?: boolean;
  /** A map, by scalars of this type. */
  readonly mapKey?: string;
  /** Its fields belong to the outer object in JSON. */
  readonly inline?: boolean;
  /** Left out when zero or empty, as Go's `omitempty` does; gogo writes such fields always. */
  readonly omitZero?: boolean;
}

export interface ProtobufMessage {
  readonly fields: Readonly<Record<number, ProtobufField>>;
  /** Written in JSON otherwise than field by field. */
  readonly as?: string;
}

export interface ProtobufTable {
  /** `apps/v1/Deployment` -> message */
  readonly objects: Record<string, string>;
  readonly messages: Record<string, ProtobufMessage>;
}

type Reader = protobuf.Reader;
type Fields = Record<string, unknown>;

/** Kubernetes' prefix of protobuf bodies: `k8s` and a zero byte. */
const magic = [0x6b, 0x38, 0x73, 0x00];

/** True for bodies that `loadProtobuf()` decodes. */
export const isProtobuf = (body: Uint8Array): boolean => magic.every((byte, index) => body[index] === byte);

let decoder: ((body: Uint8Array) => KubeObject) | undefined;

/** A decoder of `application/vnd.kubernetes.protobuf` bodies: the object, as JSON would have it. */
export function loadProtobuf(): (body: Uint8Array) => KubeObject {
  decoder ??= decoderOf(readTable("protobuf.json") as ProtobufTable);
  return decoder;
}

function decoderOf(table: ProtobufTable): (body: Uint8Array) => KubeObject {
  return (body) => {
    try {
      return decode(table, body);
    } catch (error) {
      if (error instanceof MoorageError) throw error;
      throw new MoorageError(
        "ApiRefused",
        "The body is not valid Kubernetes protobuf: it ends early, or is garbled.",
        {
          cause: error,
        },
      );
    }
  };
}

function decode(table: ProtobufTable, body: Uint8Array): KubeObject {
  if (!isProtobuf(body)) {
    throw new MoorageError(
      "Unsupported",
      "The body is not Kubernetes protobuf: it lacks the prefix `k8s\\0`.",
    );
  }
  const { apiVersion, kind, raw, contentType } = unknownOf(body.subarray(magic.length));
  if (contentType === "application/json") return parseJson(raw) as KubeObject;
  // DeleteOptions and the like belong to every group.
  const message = table.objects[`${apiVersion}/${kind}`] ?? table.objects[`v1/${sharedKind(kind)}`];
  if (message === undefined) {
    throw new MoorageError("Unsupported", `There is no protobuf message for ${kind} of ${apiVersion}.`);
  }
  const fields = messageOf(table, message, protobuf.Reader.create(raw)) as Fields;
  return { apiVersion, kind, ...fields } as KubeObject;
}

const sharedKind = (kind: string): string | undefined =>
  kind === "DeleteOptions" || kind === "Status" ? kind : undefined;

/** runtime.Unknown: the object's type, and its bytes. */
interface Unknown {
  apiVersion: string;
  kind: string;
  raw: Uint8Array;
  contentType: string;
}
function unknownOf(body: Uint8Array): Unknown {
  const result: Unknown = { apiVersion: "", kind: "", raw: new Uint8Array(), contentType: "" };
  const reader = protobuf.Reader.create(body);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) {
        const inner = reader.uint32();
        if (inner >>> 3 === 1) result.apiVersion = reader.string();
        else if (inner >>> 3 === 2) result.kind = reader.string();
        else reader.skipType(inner & 7);
      }
    } else if (tag >>> 3 === 2) result.raw = reader.bytes();
    else if (tag >>> 3 === 4) result.contentType = reader.string();
    else reader.skipType(tag & 7);
  }
  return result;
}

function messageOf(table: ProtobufTable, name: string, reader: Reader, end: number = reader.len): unknown {
  const message = table.messages[name]!;
  const fields: Fields = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = message.fields[tag >>> 3];
    // A field of a newer client: dropped, as Go does.
    if (field) readField(table, field, tag & 7, reader, fields);
    else reader.skipType(tag & 7);
  }
  return message.as === undefined ? fields : as(message.as, fields);
}

function readField(
  table: ProtobufTable,
  field: ProtobufField,
  wireType: number,
  reader: Reader,
  into: Fields,
): void {
  if (field.mapKey !== undefined) {
    const map = (into[field.name] ??= {}) as Fields;
    const [key, value] = mapEntryOf(table, field, reader);
    Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
    return;
  }
  if (field.list) {
    const list = (into[field.name] ??= []) as unknown[];
    if (wireType === 2 && isPackable(field.type)) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) list.push(valueOf(table, field.type, reader));
    } else list.push(valueOf(table, field.type, reader));
    return;
  }
  const value = valueOf(table, field.type, reader);
  if (field.inline) Object.assign(into, value);
  else if (value !== undefined && !(field.omitZero && isZero(value))) into[field.name] = value;
}

function mapEntryOf(table: ProtobufTable, field: ProtobufField, reader: Reader): [string, unknown] {
  const end = reader.uint32() + reader.pos;
  let key = "";
  let value: unknown = field.type.startsWith(".")
    ? {}
    : field.type === "string" || field.type === "bytes"
      ? ""
      : 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = String(valueOf(table, field.mapKey!, reader));
    else if (tag >>> 3 === 2) value = valueOf(table, field.type, reader);
    else reader.skipType(tag & 7);
  }
  return [key, value ?? null];
}

const isPackable = (type: string): boolean => !type.startsWith(".") && type !== "string" && type !== "bytes";

function valueOf(table: ProtobufTable, type: string, reader: Reader): unknown {
  if (type.startsWith(".")) {
    const end = reader.uint32() + reader.pos;
    return messageOf(table, type.slice(1), reader, end);
  }
  switch (type) {
    case "string":
      return reader.string();
    case "bytes":
      return Buffer.from(reader.bytes()).toString("base64");
    case "bool":
      return reader.bool();
    case "int32":
      return reader.int32();
    case "uint32":
      return reader.uint32();
    case "int64":
      return Number(reader.int64());
    case "uint64":
      return Number(reader.uint64());
    case "double":
      return reader.double();
    case "float":
      return reader.float();
    default:
      throw new Error(`protobuf type ${type}`);
  }
}

function isZero(value: unknown): boolean {
  if (value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Messages that JSON writes as something else than an object of their fields. */
function as(form: string, fields: Fields): unknown {
  switch (form) {
    case "quantity":
      return fields["string"];
    case "intOrString":
      return Number(fields["type"] ?? 0) === 0 ? (fields["intVal"] ?? 0) : (fields["strVal"] ?? "");
    case "time":
      return timeOf(fields, 0);
    case "microTime":
      return timeOf(fields, 6);
    case "json": {
      const raw = (fields["raw"] ?? fields["Raw"] ?? fields["-"]) as string | undefined;
      return raw === undefined || raw === "" ? undefined : parseJson(Buffer.from(raw, "base64"));
    }
    case "items":
      return fields["items"] ?? [];
    case "schemaOrBool":
      return fields["schema"] ?? fields["Schema"] ?? fields["allows"] ?? fields["Allows"] ?? false;
    case "schemaOrArray":
      return fields["schema"] ?? fields["jSONSchemas"] ?? [];
    case "schemaOrStringArray":
      return fields["schema"] ?? fields["property"] ?? [];
    default:
      throw new Error(`protobuf form ${form}`);
  }
}

/** RFC 3339, to the second, or with six digits of a second. The zero time is written as an empty message, and means null. */
function timeOf(fields: Fields, digits: 0 | 6): string | undefined {
  if (fields["seconds"] === undefined) return undefined;
  const whole = new Date(Number(fields["seconds"]) * 1000).toISOString().slice(0, 19);
  if (digits === 0) return `${whole}Z`;
  const micros = Math.trunc(Number(fields["nanos"] ?? 0) / 1000);
  return `${whole}.${String(micros).padStart(6, "0")}Z`;
}

const parseJson = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString("utf8"));
