import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { messagesOf } from "../settings/support.js";
import { overrides, Repository, templates, unit } from "./support.js";

const files = { [`${templates}/web.container`]: unit };

describe("files", () => {
  test("are rendered, digested, and readable by all", () => {
    using repository = new Repository({
      [`${templates}/web.container.j2`]: "[Container]\nImage={{ image }}\nPull={{ flag }}\n",
      [`${templates}/web.service.d/a.conf`]: "[Service]\n# {{ not rendered }}\n",
    });
    const content = "[Container]\nImage=a:1.0\nPull=True\n";
    expect(repository.release({ variables: "image: a:1.0\nflag: yes" }).files).toEqual([
      {
        place: "quadlet",
        path: "web.container",
        content,
        mode: 0o644,
        sha256: createHash("sha256").update(content).digest("hex"),
        layer: "templates",
        source: `${templates}/web.container.j2`,
        template: "[Container]\nImage={{ image }}\nPull={{ flag }}\n",
      },
      expect.objectContaining({
        place: "systemd",
        path: "web.service.d/a.conf",
        content: "[Service]\n# {{ not rendered }}\n",
      }),
    ]);
  });

  test("a unit ends with a line end, whatever its template does", () => {
    using repository = new Repository({ [`${templates}/web.container.j2`]: unit.trimEnd() });
    expect(repository.release().files[0]?.content).toBe(unit);
  });

  test("what belongs to systemd passes through a template untouched", () => {
    const text = `${unit}Environment=A=\${B} C=$D\nVolume=%h/data:/data\nExec=date +%%Y $$HOME\n`;
    using repository = new Repository({ [`${templates}/web.container.j2`]: text });
    expect(repository.release().files[0]?.content).toBe(text);
  });

  test.each([
    ["app", "shop"],
    ["environment", "staging"],
    ["scope", "rootless"],
    ["service_user", "senex"],
    ["quadlet_dir", "%h/.config/containers/systemd"],
    ["app_directory", "%h"],
    ["image_tag", "v2"],
    ["image_name", "org/shop"],
    ["registry", "gitea.example.com"],
    ["mine", "1.0"],
  ])("templates read %s", (name, value) => {
    using repository = new Repository({ [`${templates}/web.container.j2`]: `#{{ ${name} }}\n` });
    const release = repository.release({
      environment: "staging",
      "service-user": "senex",
      "image-tag": "v2",
      "image-name": "org/shop",
      registry: "gitea.example.com",
      variables: "mine: 1.0\nimage_tag: v1",
    });
    expect(release.files[0]?.content).toBe(`#${value}\n`);
  });
});

describe("digest", () => {
  const digestOf = (more: Record<string, string>, raw = {}) => {
    using repository = new Repository({ ...files, ...more });
    return repository.release(raw).sha256;
  };
  const plain = digestOf({});

  test.each<[string, string]>([
    ["the same files", digestOf({})],
    ["the same text in another layer", digestOf({ [`${overrides}/web.container`]: unit })],
    ["the same text from a template", digestOf({ [`${overrides}/web.container.j2`]: unit })],
    ["files that are not deployed", digestOf({ [`${templates}/README.md`]: "x" })],
    ["another environment's name that nothing uses", digestOf({}, { environment: "x" })],
  ])("is the same for %s", (_, sha256) => {
    expect(sha256).toBe(plain);
  });

  test.each<[string, string]>([
    ["another text", digestOf({ [`${templates}/web.container`]: `${unit}\n` })],
    ["one more file", digestOf({ [`${templates}/a.volume`]: "[Volume]\n" })],
    ["a key of .env", digestOf({}, { env: "A=1" })],
    ["an empty value is not no value", digestOf({}, { env: "A=" })],
  ])("differs for %s", (_, sha256) => {
    expect(sha256).not.toBe(plain);
  });
});

describe("env", () => {
  test("`env` wins over the image inputs, these over the template, each in the first one's place", () => {
    using repository = new Repository({
      ...files,
      [`${templates}/.env.j2`]: "# of {{ app }}\nA=template\nIMAGE_TAG=template\nB=template\n\n",
    });
    const { env, files: rendered } = repository.release({
      "image-tag": "input",
      registry: "r",
      env: "B=line\nC=line",
    });
    expect(env).toEqual([
      { key: "A", value: "template", source: `${templates}/.env.j2` },
      { key: "IMAGE_TAG", value: "input", source: "inputs" },
      { key: "B", value: "line", source: "env" },
      { key: "GITEA_REGISTRY", value: "r", source: "inputs" },
      { key: "C", value: "line", source: "env" },
    ]);
    expect(rendered.map((file) => file.path)).toEqual(["web.container"]);
  });

  test("the image inputs are the guide's keys", () => {
    using repository = new Repository(files);
    const { env } = repository.release({
      registry: "r",
      "image-name": "n",
      "image-tag": "t",
    });
    expect(env.map(({ key, value }) => `${key}=${value}`)).toEqual([
      "GITEA_REGISTRY=r",
      "IMAGE_NAME=n",
      "IMAGE_TAG=t",
    ]);
  });

  test.each<[string, string, RegExp]>([
    [
      "DATA={{ app_directory }}",
      "rootless",
      /^render: .*\.env\.j2: DATA: nothing expands %h in an env file.*app-directory/,
    ],
    ["DIR={{ quadlet_dir }}/x", "rootless", /^render: .*\.env\.j2: DIR: nothing expands %h/],
    [
      "A='quoted'",
      "rootful",
      /^render: .*\.env\.j2: A: podman and systemd would read its value differently: it starts with a quote/,
    ],
    ["export A=1", "rootful", /^render: .*\.env\.j2:1: the line is not KEY=value/],
    ["A=1\n\nB", "rootful", /^render: .*\.env\.j2:3: the line is not KEY=value/],
    ["A={{ nowhere }}", "rootful", /^render: .*\.env\.j2:1: .*nowhere/],
  ])("%j is refused", (text, scope, message) => {
    using repository = new Repository({ ...files, [`${templates}/.env.j2`]: `${text}\n` });
    const raw = scope === "rootful" ? {} : { host: "senex@h" };
    expect(messagesOf(() => repository.release(raw))).toEqual([expect.stringMatching(message)]);
  });

  test("with absolute directories the same template is fine", () => {
    using repository = new Repository({
      ...files,
      [`${templates}/.env.j2`]: "D={{ app_directory }}\n",
    });
    expect(repository.release({ "app-directory": "/srv/shop" }).env).toMatchObject([
      { key: "D", value: "/srv/shop" },
    ]);
  });
});

describe("errors", () => {
  test("every undefined variable of every template, with file and line", () => {
    using repository = new Repository({
      [`${templates}/a.container.j2`]: "[Container]\nImage={{ image }}\nExec={{ command }}\n",
      [`${templates}/b.container.j2`]: "[Container]\n\n{% if flag %}x{% endif %}\n",
    });
    const messages = messagesOf(() => repository.release());
    expect(messages).toHaveLength(3);
    expect(messages[0]).toMatch(/^render: .*a\.container\.j2:2.*image/);
    expect(messages[1]).toMatch(/^render: .*a\.container\.j2:3.*command/);
    expect(messages[2]).toMatch(/^render: .*b\.container\.j2:3.*flag/);
  });

  test.each<[string, string, RegExp]>([
    [
      "a directory of the deploy itself",
      "quadlet_dir: /x",
      /variables: quadlet_dir: .*option `quadlet-dir`/,
    ],
    ["the other one", "app_directory: /x", /variables: app_directory: .*option `app-directory`/],
    ["no mapping", "- a\n- b", /variables.*is not a YAML mapping/],
    ["a sentence", "just text", /variables.*is not a YAML mapping/],
    ["no YAML", "a: [1", /variables.*is not YAML/],
  ])("variables with %s", (_, variables, message) => {
    using repository = new Repository(files);
    expect(messagesOf(() => repository.release({ variables }))).toEqual([
      expect.stringMatching(message),
    ]);
  });

  // The text is trimmed before it is read as YAML, so that only its first line loses its indent.
  test("variables may all be indented", () => {
    using repository = new Repository(files);
    repository.release({ variables: "  a: 1\n  b: 2\n" });
  });
});
