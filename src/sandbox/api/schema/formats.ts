import { isIP, isIPv4, isIPv6 } from "node:net";

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const hex = "[0-9a-fA-F]";
const uuid = new RegExp(`^${hex}{8}-?${hex}{4}-?${hex}{4}-?${hex}{4}-?${hex}{12}$`);

/** The formats that a custom definition's `format` is checked for; others say nothing. (apiextensions, JSONSchemaProps.format) */
const formats: Readonly<Record<string, (value: string) => boolean>> = {
  "date-time": (value) =>
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
  date: (value) => /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)),
  email: (value) => /^[^\s@]+@[^\s@]+$/.test(value),
  hostname: (value) =>
    value.length <= 255 && value.split(".").every((label) => dnsLabel.test(label.toLowerCase())),
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: (value) => {
    const [address = "", bits = "", ...rest] = value.split("/");
    return (
      rest.length === 0 &&
      isIP(address) !== 0 &&
      /^\d{1,3}$/.test(bits) &&
      Number(bits) <= (isIPv4(address) ? 32 : 128)
    );
  },
  uri: (value) => URL.canParse(value),
  uuid: (value) => uuid.test(value),
  uuid3: (value) => uuid.test(value),
  uuid4: (value) => uuid.test(value),
  uuid5: (value) => uuid.test(value),
  byte: (value) => /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0,
  mac: (value) => /^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$/.test(value),
  duration: (value) => /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/.test(value),
};

/** Does the text have the format? Unknown formats fit anything. */
export const hasFormat = (format: string, value: string): boolean =>
  Object.hasOwn(formats, format) ? formats[format]!(value) : true;
