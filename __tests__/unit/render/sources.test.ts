import { describe, expect, test } from "vitest";
import type { RawOptions } from "../../../src/settings/settings.js";
import { errorsOf, messagesOf } from "../settings/support.js";
import { overrides, Repository, templates, unit } from "./support.js";

describe("layers", () => {
  test("overrides win over templates, templates over units, units over the stack, file by file", () => {
    using repository = new Repository({
      "stacks/senex/a.container.j2": unit,
      "stacks/senex/b.container.j2": unit,
      "stacks/senex/c.container.j2": unit,
      "stacks/senex/d.container": unit,
      "static/b.container": unit,
      "static/c.container": unit,
      "static/d.container": unit,
      [`${templates}/c.container.j2`]: unit,
      [`${templates}/d.container.j2`]: unit,
      [`${overrides}/d.container.j2`]: unit,
    });
    expect(repository.chosen({ stack: "senex", units: "static" })).toEqual({
      "quadlet/a.container": "stack senex/a.container.j2",
      "quadlet/b.container": "static/b.container",
      "quadlet/c.container": `${templates}/c.container.j2`,
      "quadlet/d.container": `${overrides}/d.container.j2`,
    });
  });

  test.each<[string, string, boolean]>([
    ["a static file over a template", "web.container", false],
    ["a template over a static file", "web.container.j2", true],
  ])("%s", (_, name, template) => {
    using repository = new Repository({
      [`${templates}/web.container${template ? "" : ".j2"}`]: unit,
      [`${overrides}/${name}`]: `${unit}# mine\n`,
    });
    const { chosen } = repository.sources();
    expect(chosen).toMatchObject([
      { layer: "overrides", template, path: "web.container", text: `${unit}# mine\n` },
    ]);
  });

  test("nothing built in is deployed unless `stack` names it", () => {
    using repository = new Repository({
      "stacks/senex/postgres.container.j2": unit,
      [`${templates}/web.container`]: unit,
    });
    expect(repository.chosen()).toEqual({ "quadlet/web.container": `${templates}/web.container` });
  });

  test("`units` are files or folders, each of them a layer over the one before", () => {
    using repository = new Repository({
      "quadlet/senex.network": "[Network]\n",
      "more/cache.volume": "[Volume]\n",
      "more/web.container": unit,
    });
    expect(repository.chosen({ units: "quadlet/senex.network\nmore" })).toEqual({
      "quadlet/senex.network": "quadlet/senex.network",
      "quadlet/cache.volume": "more/cache.volume",
      "quadlet/web.container": "more/web.container",
    });
  });

  test("a layer's folder may be the repository itself", () => {
    using repository = new Repository({ "web.container": unit });
    expect(repository.chosen({ templates: "." })).toEqual({
      "quadlet/web.container": "./web.container",
    });
  });

  test("the order of what is chosen is that of the names", () => {
    using repository = new Repository({
      [`${templates}/b.container`]: unit,
      [`${templates}/B.container`]: unit,
      [`${overrides}/a.container`]: unit,
    });
    expect(repository.sources().chosen.map((source) => source.path)).toEqual([
      "B.container",
      "a.container",
      "b.container",
    ]);
  });
});

describe("places", () => {
  test.each<[string, string]>([
    ["web.container", "quadlet/web.container"],
    ["web.container.j2", "quadlet/web.container"],
    ["worker@.container", "quadlet/worker@.container"],
    ["app.kube", "quadlet/app.kube"],
    ["app.pod.j2", "quadlet/app.pod"],
    ["data.volume", "quadlet/data.volume"],
    ["net.network", "quadlet/net.network"],
    ["base.image", "quadlet/base.image"],
    ["base.build", "quadlet/base.build"],
    ["files.artifact", "quadlet/files.artifact"],
    [".env", "quadlet/.env"],
    [".env.j2", "quadlet/.env"],
    ["env.j2", "quadlet/.env"],
    ["web.container.d/10-limits.conf", "quadlet/web.container.d/10-limits.conf"],
    ["web-.container.d/10-limits.conf", "quadlet/web-.container.d/10-limits.conf"],
    ["container.d/10-limits.conf.j2", "quadlet/container.d/10-limits.conf"],
    ["web.service.d/override.conf", "systemd/web.service.d/override.conf"],
    ["net-network.service.d/override.conf.j2", "systemd/net-network.service.d/override.conf"],
  ])("%s goes to %s", (name, place) => {
    using repository = new Repository({
      [`${templates}/zz.container`]: unit,
      [`${templates}/${name}`]: unit,
    });
    expect(repository.chosen()).toMatchObject({ [place]: `${templates}/${name}` });
  });

  test.each([
    "README.md",
    "web.container.md",
    "web.container.bak",
    "web.container~",
    ".web.container.swp",
    "web.CONTAINER",
    "notes/README.md",
    "web.service.d/deep/override.conf",
    "web.service.d/override.txt",
    "config/nginx.conf",
    "macros.j2",
    ".gitkeep",
  ])("%s is left alone where no unit uses it, and listed", (name) => {
    using repository = new Repository({
      [`${templates}/zz.container`]: unit,
      [`${templates}/${name}`]: "x",
    });
    const { chosen, others } = repository.sources();
    expect(chosen.map((source) => source.path)).toEqual(["zz.container"]);
    expect(others.map(({ file }) => file)).toEqual([`${templates}/${name}`]);
    expect(repository.release().ignored).toEqual([`${templates}/${name}`]);
  });

  test("templates that are no unit can still be included", () => {
    using repository = new Repository({
      [`${templates}/web.container.j2`]: "{% include 'parts/common.j2' %}\n",
      [`${templates}/parts/common.j2`]: unit,
      [`${overrides}/parts/common.j2`]: `${unit}# mine\n`,
    });
    expect(repository.release().files.map((file) => file.content)).toEqual([`${unit}# mine\n`]);
  });
});

describe("text", () => {
  test.each<[string, string | Buffer, string]>([
    ["CRLF", "[Container]\r\nImage=a\r\n", "[Container]\nImage=a\n"],
    ["a byte order mark", "\uFEFF[Container]\nImage=a\n", "[Container]\nImage=a\n"],
    ["umlauts", "[Container]\nImage=a\n# größe €\n", "[Container]\nImage=a\n# größe €\n"],
  ])("%s", (_, content, expected) => {
    using repository = new Repository({ [`${templates}/web.container`]: content });
    expect(repository.sources().chosen[0]?.text).toBe(expected);
  });

  test.each<[string, Buffer]>([
    ["Latin-1", Buffer.from("[Container]\n# gr\xf6\xdfe\n", "latin1")],
    ["UTF-16", Buffer.from("\uFEFF[Container]\n", "utf16le")],
    ["a NUL", Buffer.from("[Container]\n\0\n")],
  ])("%s is refused in a unit, and nobody's business elsewhere", (_, bytes) => {
    using repository = new Repository({
      [`${templates}/web.container`]: bytes,
      [`${templates}/zz.container`]: unit,
    });
    expect(messagesOf(() => repository.sources())).toEqual([
      `sources: ${templates}/web.container: is not UTF-8 text`,
    ]);
    using other = new Repository({
      [`${templates}/logo.png`]: bytes,
      [`${templates}/zz.container`]: unit,
    });
    expect(other.sources().others.map(({ file }) => file)).toEqual([`${templates}/logo.png`]);
  });
});

describe("refusals", () => {
  test.each<[string, string, string]>([
    ["my web.container", `"my web.container" is not a name for a unit`, "Use letters, digits"],
    ["-web.container", `"-web.container" is not a name for a unit`, "Use letters, digits"],
    [".web.container", `".web.container" is not a name for a unit`, "Use letters, digits"],
    ["wéb.container", `"wéb.container" is not a name for a unit`, "Use letters, digits"],
    ["web\n.container", `"web\\n.container" is not a name for a unit`, "Use letters, digits"],
    ["app/web.container", "units in subfolders are not deployed", "Move the file up."],
    ["app/web.container.j2", "units in subfolders are not deployed", "Move the file up."],
    ["srv.mount", "the host's own business", "Move the file out of the folder"],
    ["dev-sda.swap.j2", "the host's own business", "Move the file out of the folder"],
    ["my backup.timer", `"my backup.timer" is not a name for a unit`, "Use letters, digits"],
  ])("%j", (name, cause, remedy) => {
    using repository = new Repository({ [`${templates}/${name}`]: unit });
    const [error, ...more] = errorsOf(() => repository.sources());
    expect(more).toEqual([]);
    expect(error?.parts).toMatchObject({
      phase: "sources",
      object: `${templates}/${name}`,
      location: { file: `${templates}/${name}` },
      cause: expect.stringContaining(cause),
      remedy: expect.stringContaining(remedy),
    });
  });

  test.each<[string, string, string]>([
    ["web.container", "web.container.j2", "web.container.j2: makes the same file as"],
    [".env.j2", "env.j2", "env.j2: makes the same file as"],
    ["web.service.d/a.conf", "web.service.d/a.conf.j2", "a.conf.j2: makes the same file as"],
  ])("%s and %s of one layer", (one, other, message) => {
    using repository = new Repository({
      [`${templates}/zz.container`]: unit,
      [`${templates}/${one}`]: "A=1\n",
      [`${templates}/${other}`]: "A=1\n",
    });
    expect(messagesOf(() => repository.sources())).toEqual([
      expect.stringContaining(`${message} ${templates}/${one}. Keep one of the two.`),
    ]);
  });

  test("a link that leaves its folder", () => {
    using repository = new Repository({
      [`${templates}/web.container`]: unit,
      [`${templates}/passwd.container`]: { link: "/etc/passwd" },
      [`${templates}/up.container`]: { link: "../../../../secret.container" },
      [`${templates}/alias.container`]: { link: "web.container" },
      "secret.container": unit,
    });
    expect(messagesOf(() => repository.sources())).toEqual([
      `sources: ${templates}/passwd.container: is a link that leaves its directory. Put the file itself there.`,
      `sources: ${templates}/up.container: is a link that leaves its directory. Put the file itself there.`,
    ]);
  });

  test.each<[string, RawOptions, string]>([
    ["templates", { templates: "../elsewhere" }, "lies outside the repository"],
    [
      "overrides",
      { overrides: "/etc/containers/systemd" },
      "/etc/containers/systemd: lies outside the repository",
    ],
    ["units", { units: "../x.network" }, "lies outside the repository"],
    ["units", { units: "missing.network" }, "missing.network: there is no such file or directory"],
  ])("%s: %o", (_, raw, message) => {
    using repository = new Repository({ [`${templates}/web.container`]: unit });
    expect(messagesOf(() => repository.sources(raw))).toEqual([expect.stringContaining(message)]);
  });

  test("every problem is told in one run", () => {
    using repository = new Repository({
      [`${templates}/srv.mount`]: unit,
      [`${templates}/a b.container`]: unit,
    });
    expect(messagesOf(() => repository.sources({ units: "none" }))).toHaveLength(3);
  });

  test.each<[string, Record<string, string>, RawOptions, readonly string[]]>([
    [
      "no folder",
      {},
      {},
      [`searched ${templates} (templates)`, `searched ${overrides} (overrides)`],
    ],
    [
      "no unit",
      { [`${templates}/.env.j2`]: "A=1\n", "docs/README.md": "x" },
      { units: "docs" },
      [
        "searched docs (units)",
        `searched ${templates} (templates)`,
        `searched ${overrides} (overrides)`,
      ],
    ],
  ])("nothing to deploy (%s): the folders searched are listed", (_, files, raw, details) => {
    using repository = new Repository(files);
    const [error] = errorsOf(() => repository.sources(raw));
    expect(error?.message).toMatch(/^sources: no template or unit was found\. .*`units`.*`stack`/);
    expect(error?.parts.details).toEqual(details);
  });
});

describe("links, and files that units names", () => {
  test("a dangling link is an error of the user's", () => {
    using repository = new Repository({
      [`${templates}/web.container`]: unit,
      [`${templates}/gone.container`]: { link: "nowhere" },
    });
    expect(messagesOf(() => repository.sources())).toHaveLength(1);
  });

  test("a link to a folder of the layer is refused", () => {
    using repository = new Repository({
      [`${templates}/web.container`]: unit,
      [`${templates}/web.service.d/a.conf`]: "[Service]\n",
      [`${templates}/worker.service.d`]: { link: "web.service.d" },
    });
    expect(messagesOf(() => repository.sources())).toHaveLength(1);
  });

  test("a folder that is a link out of the repository is refused", () => {
    using repository = new Repository({
      "stacks/outside/web.container": unit,
      [templates]: { link: "../../../../stacks/outside" },
    });
    expect(messagesOf(() => repository.sources())).toEqual([
      expect.stringMatching(/leaves|outside/),
    ]);
  });

  test("a template among `units` is refused", () => {
    using repository = new Repository({ "static/web.container.j2": unit });
    expect(messagesOf(() => repository.sources({ units: "static" }))).toHaveLength(1);
  });

  test("a file that `units` names and that is no unit is refused", () => {
    using repository = new Repository({
      [`${templates}/web.container`]: unit,
      "senex.netwrok": "[Network]\n",
    });
    expect(messagesOf(() => repository.sources({ units: "senex.netwrok" }))).toHaveLength(1);
  });

  test("two files of `units` that make the same one are refused", () => {
    using repository = new Repository({ "a/web.container": unit, "b/web.container": unit });
    expect(
      messagesOf(() => repository.sources({ units: "a/web.container\nb/web.container" })),
    ).toHaveLength(1);
  });
});
