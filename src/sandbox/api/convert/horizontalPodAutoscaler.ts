import type { Conversion } from "./Conversion.ts";

type Fields = Record<string, unknown>;

/** What version 1 has no fields for travels in annotations. (pkg/apis/autoscaling/v1/conversion.go) */
const annotated = {
  metrics: "autoscaling.alpha.kubernetes.io/metrics",
  behavior: "autoscaling.alpha.kubernetes.io/behavior",
  conditions: "autoscaling.alpha.kubernetes.io/conditions",
  currentMetrics: "autoscaling.alpha.kubernetes.io/current-metrics",
} as const;

const fieldsOf = (value: unknown): Fields => (value ?? {}) as Fields;
const defined = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** The one metric that version 1 knows: the share of its requested CPU that a pod uses. */
const isCpuShare = (metric: Fields, where: "target" | "current"): boolean => {
  const resource = fieldsOf(metric["resource"]);
  return (
    metric["type"] === "Resource" &&
    resource["name"] === "cpu" &&
    fieldsOf(resource[where])["averageUtilization"] !== undefined
  );
};

const lowered = (type: unknown): string => String(type).slice(0, 1).toLowerCase() + String(type).slice(1);

/** A metric as version 1 writes it into an annotation: flat, and with the names of then. */
function flat(metric: Fields): Fields {
  const source = lowered(metric["type"]);
  const given = fieldsOf(metric[source]);
  const target = fieldsOf(given["target"]);
  const { name, selector } = fieldsOf(given["metric"]) as { name?: string; selector?: unknown };
  switch (metric["type"]) {
    case "Resource":
    case "ContainerResource":
      return {
        type: metric["type"],
        [source]: defined({
          name: given["name"],
          targetAverageUtilization: target["averageUtilization"],
          targetAverageValue: target["averageValue"],
          container: given["container"],
        }),
      };
    case "Pods":
      return {
        type: "Pods",
        pods: defined({ metricName: name, targetAverageValue: target["averageValue"], selector }),
      };
    case "Object":
      return {
        type: "Object",
        object: defined({
          target: given["describedObject"],
          metricName: name,
          targetValue: target["value"] ?? "0",
          selector,
          averageValue: target["averageValue"],
        }),
      };
    default:
      return {
        type: metric["type"],
        [source]: defined({
          metricName: name,
          metricSelector: selector,
          targetValue: target["value"],
          targetAverageValue: target["averageValue"],
        }),
      };
  }
}

/** The way back. */
function structured(metric: Fields): Fields {
  const source = lowered(metric["type"]);
  const given = fieldsOf(metric[source]);
  const target = (): Fields =>
    given["targetAverageUtilization"] !== undefined
      ? { type: "Utilization", averageUtilization: given["targetAverageUtilization"] }
      : given["targetAverageValue"] !== undefined
        ? { type: "AverageValue", averageValue: given["targetAverageValue"] }
        : given["averageValue"] !== undefined
          ? { type: "AverageValue", averageValue: given["averageValue"] }
          : { type: "Value", value: given["targetValue"] };
  const named = defined({
    name: given["metricName"],
    selector: given["selector"] ?? given["metricSelector"],
  });
  switch (metric["type"]) {
    case "Resource":
    case "ContainerResource":
      return {
        type: metric["type"],
        [source]: defined({ name: given["name"], target: target(), container: given["container"] }),
      };
    case "Object":
      return {
        type: "Object",
        object: { describedObject: given["target"], target: target(), metric: named },
      };
    default:
      return { type: metric["type"], [source]: { metric: named, target: target() } };
  }
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // An annotation that is no JSON says nothing, as in a real server.
    return undefined;
  }
}

/** autoscaling/v1 HorizontalPodAutoscaler: stored as version 2. */
export const autoscalerConversion: Conversion = {
  storedAs: "autoscaling/v2",
  collection: "autoscaling/horizontalpodautoscalers",
  fromStored(object) {
    const {
      metrics = [],
      behavior,
      ...spec
    } = fieldsOf(object.spec) as { metrics?: Fields[] | null } & Fields;
    const { currentMetrics, conditions, ...status } = fieldsOf(object["status"]) as {
      currentMetrics?: Fields[] | null;
    } & Fields;
    const cpu = (metrics ?? []).find((metric) => isCpuShare(metric, "target"));
    const others = (metrics ?? []).filter((metric) => metric !== cpu);
    const currentCpu = (currentMetrics ?? []).find((metric) => isCpuShare(metric, "current"));
    const annotations = {
      ...object.metadata.annotations,
      ...(others.length === 0 ? {} : { [annotated.metrics]: JSON.stringify(others.map(flat)) }),
      ...(behavior === undefined ? {} : { [annotated.behavior]: JSON.stringify(behavior) }),
      ...(Array.isArray(conditions) && conditions.length > 0
        ? { [annotated.conditions]: JSON.stringify(conditions) }
        : {}),
    };
    const share = (metric: Fields | undefined, where: string): unknown =>
      fieldsOf(fieldsOf(metric?.["resource"])[where])["averageUtilization"];
    return {
      ...object,
      apiVersion: "autoscaling/v1",
      metadata: {
        ...object.metadata,
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      },
      spec: {
        ...spec,
        ...(cpu === undefined ? {} : { targetCPUUtilizationPercentage: share(cpu, "target") }),
      },
      status: {
        ...status,
        currentReplicas: status["currentReplicas"] ?? 0,
        desiredReplicas: status["desiredReplicas"] ?? 0,
        ...(currentCpu === undefined
          ? {}
          : { currentCPUUtilizationPercentage: share(currentCpu, "current") }),
      },
    };
  },
  toStored(object) {
    const {
      [annotated.metrics]: others,
      [annotated.behavior]: behavior,
      [annotated.conditions]: conditions,
      [annotated.currentMetrics]: _current,
      ...annotations
    } = object.metadata.annotations ?? {};
    const { targetCPUUtilizationPercentage: share, ...spec } = fieldsOf(object.spec);
    const { currentCPUUtilizationPercentage: now, currentReplicas, ...status } = fieldsOf(object["status"]);
    const { annotations: _annotations, ...metadata } = object.metadata;
    const cpu = (where: string, averageUtilization: unknown, type?: string): Fields => ({
      type: "Resource",
      resource: {
        name: "cpu",
        [where]: { ...(type === undefined ? {} : { type }), averageUtilization },
      },
    });
    const metrics = [
      ...((parsed(others) ?? []) as Fields[]).map(structured),
      ...(share === undefined ? [] : [cpu("target", share, "Utilization")]),
    ];
    const kept = parsed(behavior);
    const said = parsed(conditions);
    return {
      ...object,
      apiVersion: "autoscaling/v2",
      metadata: { ...metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
      spec: {
        ...spec,
        // What version 2 has by default.
        metrics: metrics.length === 0 ? [cpu("target", 80, "Utilization")] : metrics,
        ...(kept === undefined ? {} : { behavior: kept }),
      },
      status: {
        ...status,
        ...(currentReplicas === undefined || currentReplicas === 0 ? {} : { currentReplicas }),
        currentMetrics: now === undefined ? null : [cpu("current", now)],
        ...(said === undefined ? {} : { conditions: said }),
      },
    };
  },
};
