import type { Reader } from "./reader.js";
import type { HealthFrom, HealthSettings } from "./settings.js";
import * as values from "./values.js";

export function readHealth(reader: Reader): HealthSettings {
  const url = reader.optional("health-url");
  if (url !== undefined && !/^https?:$/.test(parseUrl(url)?.protocol ?? "")) {
    reader.refuse("health-url", `"${url}" is not an http or https URL`);
  }
  const path = reader.text("health-path");
  if (!/^\/[^\s]*$/.test(path)) reader.refuse("health-path", `"${path}" does not start with /`);
  const successes = reader.integer("health-successes");
  if (successes < 1) reader.refuse("health-successes", "must be 1 or more");
  return {
    ...(url === undefined ? {} : { url }),
    path,
    from: reader.text("health-from") as HealthFrom,
    timeout: reader.duration("health-timeout", 1000),
    interval: reader.duration("health-interval", 50),
    successes,
    status:
      reader.read("health-status", values.statusRanges, "is not a status such as 200 or 200-299") ??
      [],
  };
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
