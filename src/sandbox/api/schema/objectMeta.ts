import { type SchemaNode, anyNode } from "./SchemaNode.ts";

const text: SchemaNode = { shape: "scalar", scalar: "string", atomic: false };
const time: SchemaNode = { shape: "scalar", scalar: "time", atomic: false };
const whole: SchemaNode = { shape: "scalar", scalar: "integer", format: "int64", atomic: false };
const flag: SchemaNode = { shape: "scalar", scalar: "boolean", atomic: false };
const texts: SchemaNode = { shape: "map", element: text, atomic: false };

const object = (typeName: string, fields: Record<string, SchemaNode>, atomic = false): SchemaNode => ({
  shape: "object",
  typeName,
  fields: new Map(Object.entries(fields)),
  atomic,
});

/** `metadata` of a custom object: the same for every kind (k8s.io/apimachinery, meta/v1 ObjectMeta). */
export const objectMetaNode: SchemaNode = object("ObjectMeta", {
  name: text,
  generateName: text,
  namespace: text,
  selfLink: text,
  uid: text,
  resourceVersion: text,
  generation: whole,
  creationTimestamp: time,
  deletionTimestamp: time,
  deletionGracePeriodSeconds: whole,
  labels: texts,
  annotations: texts,
  ownerReferences: {
    shape: "list",
    atomic: false,
    keys: ["uid"],
    element: object(
      "OwnerReference",
      { apiVersion: text, kind: text, name: text, uid: text, controller: flag, blockOwnerDeletion: flag },
      true,
    ),
  },
  finalizers: { shape: "list", atomic: false, element: text },
  managedFields: {
    shape: "list",
    atomic: true,
    element: object("ManagedFieldsEntry", {
      manager: text,
      operation: text,
      apiVersion: text,
      time,
      fieldsType: text,
      fieldsV1: anyNode,
      subresource: text,
    }),
  },
});
