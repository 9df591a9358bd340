import {
  ageColumn,
  at,
  column,
  containerColumns,
  integer,
  nameColumn,
  number,
  selectorText,
  text,
  labelsText,
  list,
  type Printer,
} from "./Printer.ts";

const template = ["spec", "template", "spec"];
const selector = column("Selector", (object) => selectorText(at(object, "spec", "selector")), 1);

export const appsPrinters: Record<string, Printer> = {
  "apps/Deployment": [
    nameColumn,
    column(
      "Ready",
      (object) => `${number(object, "status", "readyReplicas")}/${number(object, "spec", "replicas")}`,
    ),
    column("Up-to-date", (object) => number(object, "status", "updatedReplicas")),
    column("Available", (object) => number(object, "status", "availableReplicas")),
    ageColumn,
    ...containerColumns(...template),
    selector,
  ],
  "apps/ReplicaSet": [
    nameColumn,
    integer("Desired", (object) => number(object, "spec", "replicas")),
    integer("Current", (object) => number(object, "status", "replicas")),
    integer("Ready", (object) => number(object, "status", "readyReplicas")),
    ageColumn,
    ...containerColumns(...template),
    selector,
  ],
  "apps/StatefulSet": [
    nameColumn,
    column(
      "Ready",
      (object) => `${number(object, "status", "readyReplicas")}/${number(object, "spec", "replicas")}`,
    ),
    ageColumn,
    ...containerColumns(...template),
  ],
  "apps/DaemonSet": [
    nameColumn,
    integer("Desired", (object) => number(object, "status", "desiredNumberScheduled")),
    integer("Current", (object) => number(object, "status", "currentNumberScheduled")),
    integer("Ready", (object) => number(object, "status", "numberReady")),
    integer("Up-to-date", (object) => number(object, "status", "updatedNumberScheduled")),
    integer("Available", (object) => number(object, "status", "numberAvailable")),
    column("Node Selector", (object) => labelsText(at(object, ...template, "nodeSelector"))),
    ageColumn,
    ...containerColumns(...template),
    selector,
  ],
  "apps/ControllerRevision": [
    nameColumn,
    column("Controller", (object) => {
      const owner = list(object, "metadata", "ownerReferences").find((one) => one["controller"] === true);
      if (owner === undefined) return "<none>";
      const group = text(owner, "apiVersion").split("/");
      return `${text(owner, "kind").toLowerCase()}${group.length > 1 ? `.${group[0]}` : ""}/${text(owner, "name")}`;
    }),
    column("Revision", (object) => number(object, "revision")),
    ageColumn,
  ],
};
