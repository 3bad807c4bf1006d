import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorsOf } from "../settings/support.js";
import { overrides, Repository, templates, unit } from "./support.js";

const using = (line: string) => `${unit}${line}\n`;
const pathsOf = (repository: Repository) => repository.release().files.map(({ path }) => path);

describe("files that a unit uses go along with it", () => {
  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    [
      "a folder that it mounts",
      { "web.container": using("Volume=./conf:/etc/shop:ro") },
      ["conf/a.conf", "conf/deep/b.conf"],
    ],
    [
      "a file of it",
      { "web.container": using("Volume=./conf/a.conf:/etc/a.conf:ro") },
      ["conf/a.conf"],
    ],
    [
      "by a mount",
      { "web.container": using("Mount=type=bind,source=./conf/deep,destination=/c") },
      ["conf/deep/b.conf"],
    ],
    ["an env file", { "web.container": using("EnvironmentFile=web.env") }, ["web.env"]],
    [
      "Kubernetes YAML",
      { "shop.kube": "[Kube]\nYaml=shop.yml\nConfigMap=./maps/map.yml\n" },
      ["maps/map.yml", "shop.yml"],
    ],
    [
      "what is built",
      {
        "web.build": "[Build]\nImageTag=localhost/web:1\nSetWorkingDirectory=./ctx\n",
      },
      ["ctx/.containerignore", "ctx/Containerfile"],
    ],
    [
      "by a drop-in",
      {
        "web.container": unit,
        "web.container.d/a.conf": "[Container]\nEnvironmentFile=./web.env\n",
      },
      ["web.container.d/a.conf", "web.env"],
    ],
    ["nothing by an absolute path", { "web.container": using("Volume=/conf:/etc/shop") }, []],
    ["nothing outside", { "web.container": using("Volume=../conf:/etc/shop") }, []],
    ["nothing by a volume's name", { "web.container": using("Volume=conf:/etc/shop") }, []],
    ["not the host's own .env", { "web.container": using("EnvironmentFile=./.env") }, []],
  ])("%s", (_, units, expected) => {
    using repository = new Repository(
      Object.fromEntries(
        Object.entries({
          ...units,
          "conf/a.conf": "a\n",
          "conf/deep/b.conf": "b\n",
          "confuse/c.conf": "c\n",
          "web.env": "A=1\n",
          "shop.yml": "kind: Pod\n",
          "maps/map.yml": "kind: ConfigMap\n",
          "ctx/Containerfile": "FROM scratch\n",
          "ctx/.containerignore": "*.md\n",
          "README.md": "about\n",
        }).map(([path, text]) => [`${templates}/${path}`, text]),
      ),
    );
    const own = Object.keys(units).filter((path) => !path.includes("/"));
    expect(pathsOf(repository).filter((path) => !own.includes(path))).toEqual(expected);
    expect(repository.release().ignored).toContain(`${templates}/README.md`);
  });

  test("templates among them are rendered, and the later layer wins", () => {
    using repository = new Repository({
      [`${templates}/web.container.j2`]: using("Volume=./conf:/etc/{{ app }}"),
      [`${templates}/conf/a.conf.j2`]: "{{ app }}",
      [`${templates}/conf/b.conf`]: "{{ as it stands }}\r\n",
      [`${overrides}/conf/b.conf`]: "mine {{ too }}\r\n",
    });
    const { files } = repository.release({ app: "shop" });
    expect(files.map(({ path, content, source }) => [path, content, source]).slice(0, 2)).toEqual([
      ["conf/a.conf", "shop", `${templates}/conf/a.conf.j2`],
      ["conf/b.conf", "mine {{ too }}\r\n", `${overrides}/conf/b.conf`],
    ]);
  });

  test("a script stays one", () => {
    using repository = new Repository({
      [`${templates}/web.container`]: using("Volume=./bin:/opt/bin:ro"),
      [`${templates}/bin/run`]: "#!/bin/sh\n",
      [`${templates}/bin/text`]: "text\n",
    });
    chmodSync(join(repository.path, templates, "bin/run"), 0o755);
    chmodSync(join(repository.path, templates, "web.container"), 0o755);
    expect(repository.release().files.map(({ path, mode }) => [path, mode])).toEqual([
      ["bin/run", 0o755],
      ["bin/text", 0o644],
      ["web.container", 0o644],
    ]);
  });

  test.each<[string, string, Buffer, string]>([
    ["bytes", "conf/logo.png", Buffer.from([0xff, 0xfe, 0x00]), "is not UTF-8 text"],
    ["the release's own name", "images/a", Buffer.from("x"), "one that a release keeps for itself"],
  ])("%s are refused", (_, path, bytes, cause) => {
    using repository = new Repository({
      [`${templates}/web.container`]: using(`Volume=./${path}:/x`),
      [`${templates}/${path}`]: bytes,
    });
    expect(errorsOf(() => repository.release())[0]?.parts).toMatchObject({
      phase: "sources",
      object: `${templates}/${path}`,
      cause: expect.stringContaining(cause),
    });
  });
});
