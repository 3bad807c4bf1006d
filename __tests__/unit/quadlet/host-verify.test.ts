import { expect, test } from "vitest";
import { hostFindings } from "../../../src/quadlet/host-verify.js";
import { servicesOf } from "../../../src/quadlet/services.js";

const files = [
  {
    place: "quadlet" as const,
    path: "web.container",
    source: "t/web.container.j2",
    content:
      "[Container]\nImage=r.io/x:1\n[Service]\nRestart=x\n# quadlet-deploy: ignore systemd-verify\nBar=1\n",
  },
  {
    place: "systemd" as const,
    path: "web.service.d/10.conf",
    source: "t/web.service.d/10.conf",
    content: "[Service]\nNope=1\n",
  },
];

const said = (...lines: readonly string[]) =>
  hostFindings(lines, files, servicesOf(files)).map(
    ({ source, line, message }) => `${source}:${line}: ${message}`,
  );

test.each<[string, string, readonly string[]]>([
  [
    "a value, at the unit's line",
    "/web.service:16: Failed to parse Restart=x, ignoring: Invalid argument",
    ["t/web.container.j2:4: systemd says: Failed to parse Restart=x, ignoring: Invalid argument"],
  ],
  [
    "a key, in a drop-in",
    "/web.service.d/10.conf:2: Unknown key 'Nope' in section [Service], ignoring.",
    ["t/web.service.d/10.conf:2: systemd says: Unknown key 'Nope' in section [Service], ignoring"],
  ],
  [
    "something that no key of the unit's is about",
    "/web.service:3: Assignment outside of section. Ignoring.",
    ["t/web.container.j2:undefined: systemd says: Assignment outside of section. Ignoring"],
  ],
  [
    "what a comment silences",
    "/web.service:17: Unknown key 'Bar' in section [Service], ignoring.",
    [],
  ],
  [
    "another app's service",
    "/db.service:17: Unknown key 'Bar' in section [Service], ignoring.",
    [],
  ],
  ["no message", "Failed to load unit", []],
])("%s", (_, line, expected) => {
  expect(said(line)).toEqual(expected);
});

test("each thing once", () => {
  const line = "/web.service:16: Failed to parse Restart=x, ignoring: Invalid argument";
  expect(said(line, line)).toHaveLength(1);
});
