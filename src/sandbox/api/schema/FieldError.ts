/** One thing that is wrong with an object: a cause of the 422 that answers it. The wording is the real server's (apimachinery, field.Error). */
export interface FieldError {
  readonly reason:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueTypeInvalid"
    | "FieldValueNotSupported"
    | "FieldValueNotFound"
    | "FieldValueDuplicate"
    | "FieldValueForbidden"
    | "FieldValueTooLong"
    | "FieldValueTooMany";
  /** Without the field: `Invalid value: "x": must be ...`. */
  readonly message: string;
  /** `spec.template.spec.containers[0].image`. */
  readonly field: string;
}

const withDetail = (message: string, detail: string): string =>
  detail === "" ? message : `${message}: ${detail}`;

/** A value as Go prints it in an error: text quoted, the rest as JSON. */
export const shown = (value: unknown): string => (value === undefined ? "null" : JSON.stringify(value));

export const required = (field: string, detail = ""): FieldError => ({
  reason: "FieldValueRequired",
  message: withDetail("Required value", detail),
  field,
});

export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  reason: "FieldValueInvalid",
  message: withDetail(`Invalid value: ${shown(value)}`, detail),
  field,
});

/** Where the value says nothing, and is not shown. */
export const unshown = (field: string, detail: string): FieldError => ({
  reason: "FieldValueInvalid",
  message: `Invalid value: ${detail}`,
  field,
});

export const typeInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  reason: "FieldValueTypeInvalid",
  message: withDetail(`Invalid value: ${shown(value)}`, detail),
  field,
});

export const notSupported = (field: string, value: unknown, supported: readonly unknown[]): FieldError => ({
  reason: "FieldValueNotSupported",
  message: withDetail(
    `Unsupported value: ${shown(value)}`,
    supported.length === 0
      ? ""
      : `supported values: ${supported.map((one) => JSON.stringify(typeof one === "string" ? one : JSON.stringify(one))).join(", ")}`,
  ),
  field,
});

export const notFound = (field: string, value: unknown): FieldError => ({
  reason: "FieldValueNotFound",
  message: `Not found: ${shown(value)}`,
  field,
});

export const duplicate = (field: string, value: unknown): FieldError => ({
  reason: "FieldValueDuplicate",
  message: `Duplicate value: ${shown(value)}`,
  field,
});

export const forbidden = (field: string, detail: string): FieldError => ({
  reason: "FieldValueForbidden",
  message: withDetail("Forbidden", detail),
  field,
});

export const tooLong = (field: string, most: number): FieldError => ({
  reason: "FieldValueTooLong",
  message: `Too long: may not be more than ${most} ${most === 1 ? "byte" : "bytes"}`,
  field,
});

export const tooMany = (field: string, count: number, most: number): FieldError => ({
  reason: "FieldValueTooMany",
  message: `Too many: ${count}: must have at most ${most} ${most === 1 ? "item" : "items"}`,
  field,
});
