import { describe, expect, test } from "vitest";
import { checkUnits, errorOf } from "../../../src/quadlet/check.js";
import { servicesOf } from "../../../src/quadlet/services.js";
import { silencedIn } from "../../../src/quadlet/silence.js";
import { sourceLine } from "../../../src/render/source-line.js";

const check = (content: string, podman?: string) => {
  const files = [
    { place: "quadlet" as const, path: "web.container", content, source: "repo/web.container.j2" },
  ];
  return checkUnits(files, servicesOf(files), {
    scope: "rootful",
    rollback: true,
    ...(podman === undefined ? {} : { podman }),
  });
};

test("a finding has rule, severity, place and remedy", () => {
  expect(check("[Container]\nImage=r.io/x:1\nPublishPorts=80:80\n")).toEqual([
    {
      rule: "unknown-key",
      severity: "error",
      source: "repo/web.container.j2",
      path: "web.container",
      line: 3,
      message: "Quadlet knows no key PublishPorts= in [Container]",
      remedy:
        "podman-systemd.unit(5) lists them. Did you mean PublishPort=? What is podman's own option goes into PodmanArgs=.",
    },
  ]);
});

test("as an error of the check, it names file and line", () => {
  const [finding] = check("[Container]\nImage=r.io/x:1\nRestart=always\n");
  expect(finding && errorOf(finding).parts).toMatchObject({
    phase: "check",
    location: { file: "repo/web.container.j2", line: 3 },
    cause: "Restart= is no key of [Container]",
    remedy: "It belongs to [Service].",
  });
});

test.each([
  ["5.4.2", ["key-needs-newer-podman"]],
  ["4.9.3", ["key-needs-newer-podman"]],
  // Between the manuals that are known, the host decides.
  ["5.5.0", []],
  ["5.8.6", []],
  [undefined, []],
])("a key of Podman 5.8 on %s", (podman, expected) => {
  expect(check("[Container]\nImage=r.io/x:1\nMemory=1g\n", podman).map(({ rule }) => rule)).toEqual(
    expected,
  );
});

test.each([
  ["5.4.2", "db.container", ["key-needs-newer-podman:2"]],
  ["5.4.2", "shop.network", ["key-needs-newer-podman:2"]],
  ["5.4.2", "db.service", []],
  ["5.5.0", "db.container", []],
  [undefined, "db.container", []],
])("an order by a Quadlet file's name on %s: %s", (podman, name, expected) => {
  const files = [
    ["web.container", `[Unit]\nRequires=x.service ${name}\n[Container]\nImage=r.io/x:1\n`],
    ["db.container", "[Container]\nImage=r.io/x:1\n"],
    ["shop.network", "[Network]\n"],
  ].map(([path = "", content = ""]) => ({
    place: "quadlet" as const,
    path,
    content,
    source: path,
  }));
  const found = checkUnits(files, servicesOf(files), {
    scope: "rootful",
    rollback: true,
    ...(podman === undefined ? {} : { podman }),
  });
  expect(found.map(({ rule, line }) => `${rule}:${line}`)).toEqual(expected);
});

describe("comments that silence", () => {
  const image = "[Container]\nImage=redis\n";
  const rulesOf = (text: string) => check(text).map(({ rule }) => rule);

  test.each<[string, string, readonly string[]]>([
    ["none", image, ["short-image-name"]],
    ["the line below", "[Container]\n# quadlet-deploy: ignore short-image-name\nImage=redis\n", []],
    ["the file", `# quadlet-deploy: ignore short-image-name, cycle (why)\n${image}`, []],
    ["another line", `${image}# quadlet-deploy: ignore short-image-name\n`, ["short-image-name"]],
    ["another rule", `# quadlet-deploy: ignore cycle\n${image}`, ["short-image-name"]],
    [
      "no error",
      "# quadlet-deploy: ignore unknown-key\n[Container]\nImage=r.io/x:1\nNope=1\n",
      ["unknown-key"],
    ],
  ])("%s", (_, text, expected) => {
    expect(rulesOf(text)).toEqual(expected);
  });

  test("with semicolons and spaces", () => {
    const silent = silencedIn("[A]\n ;  quadlet-deploy:  ignore a-b , c\nX=1\n");
    expect([silent("a-b", 3), silent("c", 3), silent("c", 4), silent("c", undefined)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("the line of a template", () => {
  const template = "a\n{% for x in y %}\nb {{ x }}\n{% endfor %}\nc\n{{ d }}\ne\n";
  const text = "a\nb 1\nb 2\nc\nD\ne\n";

  test.each([
    [1, 1],
    [4, 5],
    [5, 6],
    [6, 7],
  ])("%i was made from line %i", (line, expected) => {
    expect(sourceLine(template, text, line)).toBe(expected);
  });

  test.each([2, 3])("%i came from within the loop", (line) => {
    expect(sourceLine(template, text, line)).toBeGreaterThanOrEqual(2);
    expect(sourceLine(template, text, line)).toBeLessThanOrEqual(4);
  });

  test("where nothing changed it is the same", () => {
    expect([1, 2, 3].map((line) => sourceLine("a\nb\nc\n", "a\nb\nc\n", line))).toEqual([1, 2, 3]);
  });
});
