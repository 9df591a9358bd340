import { type Conversion, renamed } from "./Conversion.ts";

/** v1 -> events.k8s.io/v1. (pkg/apis/events/v1/conversion.go) */
const names: Readonly<Record<string, string>> = {
  involvedObject: "regarding",
  message: "note",
  source: "deprecatedSource",
  firstTimestamp: "deprecatedFirstTimestamp",
  lastTimestamp: "deprecatedLastTimestamp",
  count: "deprecatedCount",
  reportingComponent: "reportingController",
};
const back = Object.fromEntries(Object.entries(names).map(([core, event]) => [event, core]));

/** events.k8s.io/v1 Event: the same objects as those of v1. */
export const eventConversion: Conversion = {
  storedAs: "v1",
  collection: "events",
  fromStored(object) {
    const event = renamed(object, names);
    event.apiVersion = "events.k8s.io/v1";
    for (const field of ["reportingController", "reportingInstance"])
      if (event[field] === "") delete event[field];
    return event;
  },
  toStored(object) {
    const event = renamed(object, back);
    event.apiVersion = "v1";
    for (const field of ["source", "involvedObject"]) event[field] ??= {};
    for (const field of ["firstTimestamp", "lastTimestamp", "eventTime"]) event[field] ??= null;
    for (const field of ["reportingComponent", "reportingInstance"]) event[field] ??= "";
    return event;
  },
};
