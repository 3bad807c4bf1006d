import { describe, expect, test } from "vitest";
import { checkUnits } from "../../../src/quadlet/check.js";
import { templateOf } from "../../../src/quadlet/kinds.js";
import { type File, servicesOf } from "../../../src/quadlet/services.js";
import { actions, emptyHost, planFor, releaseOf } from "../plan/support.js";

const filesOf = (files: Readonly<Record<string, string>>) =>
  Object.entries(files).map(
    ([path, content]): File => ({
      place: path.startsWith("systemd/") ? "systemd" : "quadlet",
      path: path.replace(/^systemd\//, ""),
      content,
      source: path,
    }),
  );
const services = (files: Readonly<Record<string, string>>) => servicesOf(filesOf(files));
const check = (files: Readonly<Record<string, string>>) => {
  const set = filesOf(files);
  return checkUnits(set, servicesOf(set), { scope: "rootful", rollback: true }).map(
    ({ rule, path }) => `${rule} ${path}`,
  );
};

const plain = "[Container]\nImage=r.io/x:1\n";
const installed = `${plain}[Install]\nWantedBy=multi-user.target\nDefaultInstance=one\n`;

test.each([
  ["w@a.container", "w@.container"],
  ["w@a.b.service", "w@.service"],
  ["w@.container", undefined],
  ["w.container", undefined],
])("%s is an instance of %s", (name, template) => {
  expect(templateOf(name)).toBe(template);
});

describe("the instance that is started of a template", () => {
  test("has the template's file, and no file of its own", () => {
    expect(services({ "w@.container": installed })).toMatchObject([
      { name: "w@.service", startable: false },
      {
        name: "w@one.service",
        unit: "w@.container",
        startable: true,
        instanceOf: "w@.service",
        files: ["quadlet/w@.container"],
      },
    ]);
  });

  test.each([
    ["nothing wants", `${plain}[Install]\nDefaultInstance=one\n`],
    ["is not named", `${plain}[Install]\nWantedBy=multi-user.target\n`],
  ])("is none where it %s", (_, text) => {
    expect(services({ "w@.container": text }).map(({ name }) => name)).toEqual(["w@.service"]);
  });

  test("is the one of a file where there is one", () => {
    expect(
      services({ "w@.container": installed, "w@one.container": installed }).map(
        ({ name, unit, instanceOf }) => [name, unit, instanceOf],
      ),
    ).toEqual([
      ["w@.service", "w@.container", undefined],
      ["w@one.service", "w@one.container", undefined],
    ]);
  });

  test("is planned to start; the template's service is what Quadlet must make", () => {
    const planned = planFor(releaseOf({ "w@.container": installed }), emptyHost);
    expect(actions(planned)).toContain("start w@one.service: w@.container is new");
    expect(planned.expected.map(({ service }) => service)).toEqual(["w@.service"]);
  });
});

/** As Podman 5.4 and 5.8 were seen to take them together. */
describe("drop-ins of an instance", () => {
  const files = {
    "w@.container": plain,
    "w@a.container": plain,
    "w@.container.d/b.conf": "[Container]\nImage=r.io/template:1\n",
    "w@a.container.d/a.conf": "[Container]\nImage=r.io/instance:1\n",
    "systemd/w@.service.d/x.conf": "[Service]\nEnvironment=A=template\n",
    "systemd/w@a.service.d/x.conf": "[Service]\nEnvironment=A=instance\n",
  };

  test("are its template's too, in the order of their names; of one name its own alone", () => {
    expect(services(files).find(({ name }) => name === "w@a.service")).toMatchObject({
      files: [
        "quadlet/w@a.container",
        "quadlet/w@a.container.d/a.conf",
        "quadlet/w@.container.d/b.conf",
        "systemd/w@a.service.d/x.conf",
      ],
      image: "r.io/template:1",
      environment: { A: "instance" },
    });
  });

  test("may be for an instance that others start", () => {
    expect(check({ "w@.container": plain, "systemd/w@b.service.d/x.conf": "[Service]\n" })).toEqual(
      [],
    );
    expect(check({ "w.container": plain, "systemd/w@b.service.d/x.conf": "[Service]\n" })).toEqual([
      "stray-drop-in systemd/w@b.service.d/x.conf",
    ]);
  });
});

describe("a template and its instances", () => {
  test("do not clash with each other, but instances do", () => {
    const text = `${plain}PublishPort=80:80\nContainerName=w\n`;
    expect(check({ "w@.container": text, "w@a.container": text })).toEqual([]);
    expect(
      check({ "w@.container": text, "w@a.container": text, "w@b.container": text }).sort(),
    ).toEqual(["port-clash w@b.container", "shared-container-name w@b.container"]);
  });

  test("what is wrong with the template is told once", () => {
    expect(check({ "w@.container": `${installed}[Container]\nGroup=1\n` })).toEqual([
      "group-without-user w@.container",
    ]);
  });

  test("Quadlet looks for the instance's own file, and a template is not enough", () => {
    const a = `[Unit]\nAfter=w@x.container\n${plain}`;
    expect(check({ "w@.container": plain, "w@x.container": plain, "a.container": a })).toEqual([]);
    expect(check({ "w@.container": plain, "a.container": a })).toEqual([
      "missing-reference a.container",
    ]);
  });
});

describe("what a one-shot service leaves", () => {
  test.each<[string, string, boolean, boolean]>([
    ["a.container", plain, true, true],
    ["a.container", `${plain}[Service]\nType=oneshot\n`, false, false],
    ["a.container", `${plain}[Service]\nType=oneshot\nRemainAfterExit=yes\n`, false, true],
    ["a.kube", "[Kube]\nYaml=a.yml\n", true, true],
    ["a.pod", "[Pod]\n", true, true],
    ["a.volume", "[Volume]\n", false, true],
    ["a.volume", "[Volume]\n[Service]\nRemainAfterExit=no\n", false, false],
    ["a.network", "[Network]\n", false, true],
    ["a.image", "[Image]\nImage=r.io/x:1\n", false, true],
    ["a.artifact", "[Artifact]\nArtifact=r.io/x:1\n", false, true],
    ["a.build", "[Build]\nImageTag=localhost/a:1\n", false, false],
    ["a.build", "[Build]\n[Service]\nRemainAfterExit=true\n", false, true],
  ])("%s %j: runs on %s, remains %s", (path, text, longRunning, remains) => {
    expect(services({ [path]: text })[0]).toMatchObject({ longRunning, remains });
  });
});
