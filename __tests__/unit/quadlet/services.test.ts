import { describe, expect, test } from "vitest";
import { checkUnits, errorOf } from "../../../src/quadlet/check.js";
import { kindOf, serviceName } from "../../../src/quadlet/kinds.js";
import { publishedPorts } from "../../../src/quadlet/ports.js";
import { nameRules } from "../../../src/quadlet/rules/names.js";
import { type File, type Service, servicesOf } from "../../../src/quadlet/services.js";
import { parseUnitFile } from "../../../src/quadlet/unit-file.js";

/** Files by the path that they have in a release: drop-ins of services are below `systemd/`. */
function files(contents: Readonly<Record<string, string>>): readonly File[] {
  return Object.entries(contents).map(([name, content]) => {
    const systemd = name.startsWith("systemd/");
    return {
      place: systemd ? "systemd" : "quadlet",
      path: systemd ? name.slice("systemd/".length) : name,
      content,
      source: `repo/${name}.j2`,
    };
  });
}

function service(contents: Readonly<Record<string, string>>): Service {
  const [only, ...more] = servicesOf(files(contents));
  if (!only || more.length > 0) throw new Error("not one service");
  return only;
}

describe("the service that a unit makes", () => {
  test.each<[string, string, string | undefined]>([
    ["web.container", "", "web.service"],
    ["web.kube", "", "web.service"],
    ["web.pod", "", "web-pod.service"],
    ["data.volume", "", "data-volume.service"],
    ["net.network", "", "net-network.service"],
    ["base.image", "", "base-image.service"],
    ["base.build", "", "base-build.service"],
    ["files.artifact", "", "files-artifact.service"],
    ["celery-worker.container", "", "celery-worker.service"],
    ["a.b.container", "", "a.b.service"],
    ["worker@.container", "", "worker@.service"],
    ["worker@1.container", "", "worker@1.service"],
    ["data@.volume", "", "data-volume@.service"],
    ["data@x.volume", "", "data@x-volume.service"],
    ["sub/web.container", "", "web.service"],
    ["web.container", "[Container]\nServiceName=shop\n", "shop.service"],
    ["web.pod", "[Pod]\nServiceName=shop\n", "shop.service"],
    ["net.network", "[Network]\nServiceName=shop-net\n", "shop-net.service"],
    ["web.container", "[Pod]\nServiceName=shop\n", "web.service"],
    ["web.container", "[Container]\nServiceName=a\nServiceName=b\n", "b.service"],
    ["web.container", "[Container]\nServiceName=a\nServiceName=\n", "web.service"],
    ["web.service", "", undefined],
    ["web.conf", "", undefined],
    ["container", "", undefined],
    ["web.constructor", "", undefined],
  ])("%s %j: %s", (path, text, expected) => {
    const kind = kindOf(path);
    expect(kind && serviceName(path, kind, parseUnitFile(text))).toBe(expected);
  });

  test.each<[string, boolean, boolean]>([
    ["a.container", true, true],
    ["a.kube", true, true],
    ["a.pod", true, true],
    ["a.volume", true, false],
    ["a.network", true, false],
    ["a.image", true, false],
    ["a.build", true, false],
    ["a@.container", false, true],
    ["a@1.container", true, true],
  ])("%s: startable %s, long-running %s", (path, startable, longRunning) => {
    expect(service({ [path]: "" })).toMatchObject({ startable, longRunning });
  });

  test("services come in the order of their names; what is no unit makes none", () => {
    const names = servicesOf(
      files({
        "web.container": "",
        "systemd/web.service.d/a.conf": "",
        "web.container.d/a.conf": "",
        "systemd/x.container": "",
        ".env": "",
        "net.network": "",
        "a.volume": "",
      }),
    ).map(({ name }) => name);
    expect(names).toEqual(["a-volume.service", "net-network.service", "web.service"]);
  });
});

describe("what a service is made from", () => {
  test("its unit, and its drop-ins of both kinds", () => {
    expect(
      service({
        "web.container": "[Container]\nImage=a:1\nPublishPort=80:80\n",
        "container.d/a.conf": "[Container]\nImage=a:6\n",
        "web.container.d/a.conf": "[Container]\nImage=a:2\nVolume=/all:/all\n",
        "systemd/web.container.d/a.conf": "[Container]\nImage=a:7\n",
        "web-.container.d/a.conf": "[Container]\nImage=a:3\n",
        "other.container.d/a.conf": "[Container]\nImage=a:4\n",
        "volume.d/a.conf": "[Container]\nImage=a:5\n",
        "systemd/web.service.d/a.conf": `[Service]\nEnvironment=A=1\nEnvironmentFile=/x/.env\nExecStartPre=echo \${B}\n`,
        "systemd/other.service.d/a.conf": "[Service]\nEnvironment=C=1\n",
      }),
    ).toMatchObject({
      files: [
        "quadlet/web.container",
        "quadlet/web.container.d/a.conf",
        "systemd/web.service.d/a.conf",
      ],
      image: "a:2",
      mounts: ["/all"],
      environment: { A: "1" },
      serviceEnvFiles: ["/x/.env"],
      variables: ["B"],
    });
  });

  test.each<[string, string, string | undefined]>([
    ["a.container", "[Container]\nImage=a:1\n", "a:1"],
    ["a.image", "[Image]\nImage=a:1\n", "a:1"],
    ["a.container", "[Container]\nImage=base.image\n", undefined],
    ["a.container", "[Container]\nImage=base.build\n", undefined],
    ["a.container", "[Container]\nRootfs=/x\n", undefined],
    ["a.volume", "[Volume]\nImage=a:1\n", undefined],
    ["a.build", "[Build]\nImageTag=a:1\n", undefined],
  ])("the image of %s %j", (path, text, image) => {
    expect(service({ [path]: text }).image).toBe(image);
  });

  test.each<[string, Record<string, string>]>([
    ["Environment=A=1 B=2", { A: "1", B: "2" }],
    ['Environment="A=b c" "D=e=f"', { A: "b c", D: "e=f" }],
    ["Environment=A=1\nEnvironment=A=2", { A: "2" }],
    ["Environment=A=1\nEnvironment=\nEnvironment=B=1", { B: "1" }],
    ["Environment=TAG=\"v1\" B='c d'", { TAG: "v1", B: "c d" }],
    ["Environment=A=1 nonsense B=2", { A: "1", B: "2" }],
  ])("the environment of %j", (text, environment) => {
    expect(service({ "a.container": `[Service]\n${text}\n` }).environment).toEqual(environment);
  });

  test("the environment of the container is not the service's", () => {
    const made = service({
      "a.container":
        "[Container]\nEnvironment=A=1\nEnvironmentFile=/c/.env\n[Service]\nEnvironmentFile=-/s/.env\n",
    });
    expect(made.environment).toEqual({});
    expect(made.envFiles).toEqual(["/c/.env", "-/s/.env"]);
    expect(made.serviceEnvFiles).toEqual(["-/s/.env"]);
  });

  test("host directories that it mounts", () => {
    const volumes = ["/srv/a:/a:U", "%h/b:/b", "named:/c", "data.volume:/d", "./e:/e", "/f"];
    const text = volumes.map((volume) => `Volume=${volume}\n`).join("");
    expect(service({ "a.container": `[Container]\n${text}` }).mounts).toEqual([
      "/srv/a",
      "%h/b",
      "/f",
    ]);
  });

  test("a port that a drop-in publishes counts", () => {
    const made = service({
      "a.container": "[Container]\nImage=a\n",
      "a.container.d/p.conf": "[Container]\nPublishPort=80:80\n",
    });
    expect(made.ports).toEqual([{ address: "", port: 80 }]);
  });

  test("a name that a drop-in gives counts", () => {
    const made = service({
      "a.container": "[Container]\nImage=a\n",
      "a.container.d/p.conf": "[Container]\nServiceName=b\n",
    });
    expect(made.name).toBe("b.service");
  });
});

test.each<[string, string, number | undefined]>([
  ["8000:80", "", 8000],
  ["8000:80/tcp", "", 8000],
  ["127.0.0.1:8000:80", "127.0.0.1", 8000],
  ["0.0.0.0:8000:80/tcp", "0.0.0.0", 8000],
  ["[::1]:8000:80", "::1", 8000],
  ["[::]:8000:80", "::", 8000],
  [":8000:80", "", 8000],
  ["8000:80/udp", "", undefined],
  ["80", "", undefined],
  ["80/tcp", "", undefined],
  ["127.0.0.1::80", "", undefined],
  ["8000-8001:80-81", "", undefined],
  [`\${PORT}:80`, "", undefined],
  [`127.0.0.1:\${PORT}:80`, "", undefined],
  ["8000:80:90:100", "", undefined],
])("PublishPort=%s", (value, address, port) => {
  expect(publishedPorts(parseUnitFile(`[Container]\nPublishPort=${value}\n`), "Container")).toEqual(
    port === undefined ? [] : [{ address, port }],
  );
});

test("ports of the section asked for, since the last reset", () => {
  const text =
    "[Pod]\nPublishPort=1:1\nPublishPort=\nPublishPort=2:2\nPublishPort=3:3\n[Container]\nPublishPort=4:4\n";
  expect(publishedPorts(parseUnitFile(text), "Pod").map(({ port }) => port)).toEqual([2, 3]);
});

describe("what a service restarts with", () => {
  const others = {
    "db.container": "",
    "net.network": "",
    "data.volume": "",
    "base.image": "",
    "made.build": "",
    "shop.pod": "",
    "cache.container": "[Container]\nServiceName=redis\n",
  };
  test.each<[string, readonly string[]]>([
    ["[Unit]\nRequires=db.service redis.service\n", ["db.service", "redis.service"]],
    ["[Unit]\nBindsTo=db.service\nPartOf=redis.service\n", ["db.service", "redis.service"]],
    ["[Unit]\nRequisite=db.service\n", ["db.service"]],
    ["[Unit]\nRequires=cache.container\n", ["redis.service"]],
    ["[Unit]\nRequires=db.service\nRequires=\n", []],
    ["[Unit]\nWants=db.service\nAfter=db.service\n", []],
    ["[Unit]\nRequires=sshd.service other.network web.service\n", []],
    ["[Container]\nNetwork=net.network:ip=10.0.0.2\n", ["net-network.service"]],
    ["[Container]\nNetwork=db.container\n", ["db.service"]],
    ["[Container]\nVolume=data.volume:/d:U\nVolume=/srv:/s\n", ["data-volume.service"]],
    ["[Container]\nMount=type=volume,source=data.volume,dst=/d\n", ["data-volume.service"]],
    ["[Container]\nImage=base.image\n", ["base-image.service"]],
    ["[Container]\nImage=made.build\n", ["made-build.service"]],
    ["[Container]\nPod=shop.pod\n", ["shop-pod.service"]],
    ["[Pod]\nNetwork=net.network\n", []],
  ])("%j: %j", (text, expected) => {
    const made = servicesOf(files({ ...others, "web.container": text }));
    expect(made.find(({ name }) => name === "web.service")?.requires).toEqual(expected);
  });

  test("what its drop-ins say counts", () => {
    const made = servicesOf(
      files({
        ...others,
        "web.container": "",
        "systemd/web.service.d/a.conf": "[Unit]\nRequires=db.service\n",
      }),
    );
    expect(made.find(({ name }) => name === "web.service")?.requires).toEqual(["db.service"]);
  });
});

describe("checks of the whole set", () => {
  const complaints = (contents: Readonly<Record<string, string>>) => {
    const set = files(contents);
    const names = nameRules.map(({ id }) => id);
    return checkUnits(set, servicesOf(set), { scope: "rootful", rollback: true })
      .filter(({ rule }) => names.includes(rule))
      .map((finding) => errorOf(finding).message);
  };

  test.each<[string, Record<string, string>]>([
    ["a plain set", { "web.container": "", "web.pod": "", "web.volume": "", "web.network": "" }],
    [
      "drop-ins of both kinds",
      { "web.container": "", "web.container.d/a.conf": "", "systemd/web.service.d/a.conf": "" },
    ],
    [
      "a drop-in of a renamed service",
      { "web.container": "[Container]\nServiceName=shop\n", "systemd/shop.service.d/a.conf": "" },
    ],
    ["a drop-in of a template", { "w@.container": "", "systemd/w@.service.d/a.conf": "" }],
  ])("%s is fine", (_, contents) => {
    expect(complaints(contents)).toEqual([]);
  });

  test.each<[string, Record<string, string>, string]>([
    [
      "a container and a kube of one name",
      { "web.container": "", "web.kube": "" },
      "check: repo/web.kube.j2: makes web.service, as repo/web.container.j2 does. Rename one of the two, or give it a ServiceName=.",
    ],
    [
      "a container named like a pod's service",
      { "web-pod.container": "", "web.pod": "" },
      "check: repo/web.pod.j2: makes web-pod.service, as repo/web-pod.container.j2 does. Rename one of the two, or give it a ServiceName=.",
    ],
    [
      "a ServiceName= that is taken",
      { "a.container": "", "b.container": "[Container]\nServiceName=a\n" },
      "check: repo/b.container.j2: makes a.service, as repo/a.container.j2 does. Rename one of the two, or give it a ServiceName=.",
    ],
    [
      "a ServiceName= with a path",
      { "a.container": "[Container]\nServiceName=../a\n" },
      `check: repo/a.container.j2: ServiceName= makes "../a.service", which is not a unit's name. Write the name alone, without a path and without .service.`,
    ],
    [
      "a ServiceName= with .service",
      { "a.container": "[Container]\nServiceName=a.service\n" },
      `check: repo/a.container.j2: ServiceName= makes "a.service.service", which is not a unit's name. Write the name alone, without a path and without .service.`,
    ],
    [
      "a drop-in of nobody",
      { "a.container": "", "systemd/b.service.d/x.conf": "" },
      "check: repo/systemd/b.service.d/x.conf.j2: is a drop-in for b.service, which no unit here makes. The units here make a.service.",
    ],
    [
      "a drop-in named after the unit where the service has another name",
      { "web.container": "[Container]\nServiceName=shop\n", "systemd/web.service.d/x.conf": "" },
      "check: repo/systemd/web.service.d/x.conf.j2: is a drop-in for web.service, which no unit here makes. The units here make shop.service.",
    ],
    [
      "a drop-in of a unit among those of services",
      { "a.container": "", "systemd/a.container.d/x.conf": "" },
      "check: repo/systemd/a.container.d/x.conf.j2: is a drop-in for a.container, which no unit here makes. The units here make a.service.",
    ],
    [
      "a drop-in of a whole kind",
      { "a.container": "", "container.d/x.conf": "" },
      "check: repo/container.d/x.conf.j2: acts on every container of the host, other apps' included. Put it into the folder of one unit, NAME.container.d.",
    ],
    [
      "a drop-in of a whole kind that is not here",
      { "a.container": "", "volume.d/x.conf": "" },
      "check: repo/volume.d/x.conf.j2: acts on every volume of the host, other apps' included. Put it into the folder of one unit, NAME.volume.d.",
    ],
    [
      "a drop-in of every service, sshd's too",
      { "a.container": "", "systemd/service.d/x.conf": "" },
      "check: repo/systemd/service.d/x.conf.j2: acts on every service of the host, other apps' included. Put it into the folder of one unit, NAME.service.d.",
    ],
    [
      "a drop-in of a prefix",
      { "web-api.container": "", "systemd/web-.service.d/x.conf": "" },
      "check: repo/systemd/web-.service.d/x.conf.j2: acts on every service named web-… of the host, other apps' included. Put it into the folder of one unit, NAME.service.d.",
    ],
  ])("%s is refused", (_, contents, message) => {
    expect(complaints(contents)).toEqual([message]);
  });

  test.each([
    "systemd/service.d/x.conf",
    "container.d/x.conf",
    "web-.container.d/x.conf",
    "systemd/web-.service.d/x.conf",
    "systemd/web-api-.service.d/x.conf",
  ])("%s reaches beyond this app and is refused", (path) => {
    expect(complaints({ "web-api-v2.container": "", [path]: "" })).toHaveLength(1);
  });
});
