import { describe, expect, test } from "vitest";
import { checkUnits } from "../../../src/quadlet/check.js";
import { type File, servicesOf } from "../../../src/quadlet/services.js";

const check = (files: Readonly<Record<string, string>>) => {
  const set = Object.entries(files).map(
    ([path, content]): File => ({
      place: path.startsWith("systemd/") ? "systemd" : "quadlet",
      path: path.replace(/^systemd\//, ""),
      content,
      source: path,
    }),
  );
  return checkUnits(set, servicesOf(set), { scope: "rootful", rollback: true });
};
const plain = "[Container]\nImage=r.io/x:1\n";
const linesOf = (text: string) =>
  check({ "web.container": text }).map(({ rule, line }) => `${rule}:${line ?? ""}`);

describe("what is no assignment", () => {
  test.each<[string, string, readonly string[]]>([
    ["a word", `${plain}oops\n`, ["bad-syntax:3"]],
    ["each of them", `${plain}oops\n# no\n\nagain\n`, ["bad-syntax:3", "bad-syntax:6"]],
    ["above the first section", `# hm\n${plain.split("\n")[1]}\n${plain}`, ["bad-syntax:2"]],
    ["a section that does not close", `${plain}[Service\n`, ["bad-syntax:3"]],
    ["a section without a name", `[]\n${plain}`, ["bad-syntax:1"]],
    ["no part of a line that goes on", `${plain}Exec=a \\\n  oops \\\n# no\n  b\n`, []],
  ])("%s", (_, text, expected) => {
    expect(linesOf(text).filter((found) => found.startsWith("bad-syntax"))).toEqual(expected);
  });

  test("says what becomes of the rest", () => {
    const [unit, dropIn, service] = [
      { "web.container": `${plain}oops\n` },
      { "web.container": plain, "web.container.d/a.conf": "oops\n" },
      { "web.container": plain, "systemd/web.service.d/a.conf": "oops\n" },
    ].map((files) => check(files)[0]?.message);
    expect(unit).toBe('"oops" is not an assignment: Podman then loads no unit of the host at all');
    expect(dropIn).toContain("leaves out the whole drop-in");
    expect(service).toContain("systemd ignores it");
  });

  test("nothing silences it", () => {
    expect(linesOf(`# quadlet-deploy: ignore bad-syntax\n${plain}oops\n`)).toEqual([
      "bad-syntax:4",
    ]);
  });
});

describe("ports", () => {
  const found = (port: string) => linesOf(`${plain}PublishPort=${port}\n`);

  test.each([
    "80",
    ":80",
    "80:80",
    "80:80/UDP",
    "127.0.0.1:80:80",
    "127.0.0.1::80",
    "[::1]:80:80",
    "80-82:90-92",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: systemd expands it
    "${PORT}:80",
  ])("%s is one", (port) => {
    expect(found(port).filter((one) => one.startsWith("bad-port"))).toEqual([]);
  });

  test.each([
    "http",
    "80:0",
    "80:65536",
    "82-80:82-80",
    "80-82:80",
    ":80:80",
    "::80",
    "[::1]:80",
    "localhost:80:80",
    "80:80:80:80",
    "80:80/http",
  ])("%s is none", (port) => {
    expect(found(port)).toEqual(["bad-port:3"]);
  });
});

test("a key of a drop-in counts together with its unit's", () => {
  expect(
    check({
      "a.network": "[Network]\nGateway=10.9.0.1\n",
      "a.network.d/s.conf": "[Network]\nSubnet=10.9.0.0/24\n",
    }),
  ).toEqual([]);
});

test("a variable is told once a line, at the line that uses it", () => {
  expect(
    linesOf(`${plain}Label=\${A}\${A}\nLabel=\${B}\n[Service]\nEnvironment=B=1\n`).filter((one) =>
      one.startsWith("variable"),
    ),
  ).toEqual(["variable-without-environment:3"]);
});
