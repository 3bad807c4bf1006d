import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { build, checkVersion } from "../../../src/commands/build.js";
import { renderTo } from "../../../src/commands/render.js";
import { Stopwatch } from "../../../src/commands/stopwatch.js";
import { narrator } from "../../../src/report/narrator.js";
import { readSettings } from "../../../src/settings/read.js";
import type { RawOptions } from "../../../src/settings/settings.js";
import { Repository, templates, unit } from "../render/support.js";
import { contentOf, messagesOf } from "../settings/support.js";

const stacks = fileURLToPath(new URL("../../../templates", import.meta.url));

describe("build", () => {
  test("the senex stack, rootful and rootless, with nothing of the repository's own", () => {
    using repository = new Repository();
    for (const host of ["root@h", "senex@h"]) {
      const content = contentOf({ stack: "senex", host }, repository.path);
      const { release, services, findings } = build(content, { stacks, rollback: true });
      expect(findings).toEqual([]);
      expect(() => checkVersion({ release, services, findings }, content, "5.4.2")).not.toThrow();
      expect(services.map(({ name }) => name)).toEqual([
        "celery-beat.service",
        "celery-worker.service",
        "postgres.service",
        "redis.service",
        "senex-network-network.service",
        "web.service",
      ]);
      const web = release.files.find(({ path }) => path === "web.container")?.content ?? "";
      expect(web).toContain(`EnvironmentFile=${content.quadletDir}/.env\n`);
      expect(web).toContain(`Image=\${GITEA_REGISTRY}/\${IMAGE_NAME}:\${IMAGE_TAG}\n`);
      for (const name of ["web", "celery-worker", "celery-beat"]) {
        const one = release.files.find(({ path }) => path === `${name}.container`)?.content ?? "";
        for (const needed of ["postgres.service", "redis.service"]) {
          expect(one, name).toMatch(new RegExp(`^After=.*${needed}`, "m"));
          expect(one, name).toMatch(new RegExp(`^Requires=.*${needed}`, "m"));
        }
        // systemd can expand the image's name.
        expect(
          services.find((service) => service.name === `${name}.service`)?.serviceEnvFiles,
        ).toEqual([`${content.quadletDir}/.env`]);
      }
      for (const file of release.files) expect(file.content).not.toMatch(/\{\{|\{%/);
      for (const { kind, unit: path } of services.filter(
        (service) => service.kind === "container",
      )) {
        const text = release.files.find((file) => file.path === path)?.content ?? "";
        expect(text, kind).toMatch(/^WantedBy=.*multi-user\.target.*default\.target/m);
      }
      expect(release.sha256).toBe(build(content, { stacks, rollback: true }).release.sha256);
    }
  });

  test("a repository's file replaces one of the stack, and no other", () => {
    using repository = new Repository({ [`${templates}/redis.container`]: unit });
    const { release } = build(contentOf({ stack: "senex" }, repository.path), {
      stacks,
      rollback: true,
    });
    expect(
      release.files.filter(({ layer }) => layer === "templates").map(({ path }) => path),
    ).toEqual(["redis.container"]);
    expect(release.files.find(({ path }) => path === "redis.container")?.content).toBe(unit);
  });

  test("what is wrong with the set is told, all of it", () => {
    using repository = new Repository({
      [`${templates}/web.container`]: unit,
      [`${templates}/web.kube`]: "[Kube]\nYaml=web.yml\n",
      [`${templates}/db.service.d/a.conf`]: "[Service]\n",
    });
    expect(
      messagesOf(() => build(contentOf({}, repository.path), { stacks, rollback: true })),
    ).toEqual([
      expect.stringContaining("makes web.service, as"),
      expect.stringContaining("is a drop-in for db.service"),
    ]);
  });

  test("a unit that uses variables is supplied with them", () => {
    using repository = new Repository({
      [`${templates}/web.container`]: `[Container]\nImage=r/a:\${TAG}\n`,
    });
    const { services } = build(contentOf({ env: "TAG=1" }, repository.path), {
      stacks,
      rollback: true,
    });
    expect(services[0]).toMatchObject({
      serviceEnvFiles: ["/etc/containers/systemd/.env"],
      files: ["quadlet/web.container", "systemd/web.service.d/quadlet-deploy.conf"],
    });
  });
});

describe("render", () => {
  const rendered = (
    raw: RawOptions,
    files: Record<string, string>,
    check: (out: string, paths: readonly string[]) => void,
  ) => {
    using repository = new Repository(files);
    const settings = readSettings(
      { app: "shop", out: "build/out", ...raw },
      { workspace: repository.path },
      "render",
    );
    if (settings.command !== "render" || settings.check) throw new Error("another command");
    const paths = renderTo(settings, {
      stacks,
      narrator: narrator(process.stderr, String),
      now: () => new Date(0),
      actor: "",
      run: "",
      cancel: new AbortController().signal,
    });
    check(join(repository.path, "build/out"), paths);
  };

  test("every file is at the place that it has on a host, .env for its owner alone", () => {
    rendered(
      { env: "SECRET=hunter22" },
      {
        [`${templates}/web.container`]: unit,
        [`${templates}/web.service.d/a.conf`]: "[Service]\n",
      },
      (out, paths) => {
        expect(paths).toEqual([
          "etc/containers/systemd/web.container",
          "etc/systemd/system/web.service.d/a.conf",
          "etc/containers/systemd/.env",
        ]);
        expect(readFileSync(join(out, paths[0] ?? ""), "utf8")).toBe(unit);
        expect(readFileSync(join(out, paths[2] ?? ""), "utf8")).toBe("SECRET=hunter22\n");
        expect(paths.map((path) => statSync(join(out, path)).mode & 0o777)).toEqual([
          0o644, 0o644, 0o600,
        ]);
      },
    );
  });

  test("rootless, below a home", () => {
    rendered(
      { scope: "rootless", "service-user": "senex" },
      {
        [`${templates}/web.container`]: unit,
        [`${templates}/web.service.d/a.conf`]: "[Service]\n",
      },
      (_, paths) => {
        expect(paths).toEqual([
          "home/.config/containers/systemd/web.container",
          "home/.config/systemd/user/web.service.d/a.conf",
          "home/.config/containers/systemd/.env",
        ]);
      },
    );
  });

  test("with what Ansible tells a task of its host and the others", () => {
    const text =
      "[Container]\nImage=x\nExec={{ ansible_host }} {{ ansible_play_hosts | join(' ') }}\n";
    rendered(
      { inventory: "hosts", hosts: "all:!b" },
      { hosts: "a\nb ansible_host=192.0.2.1\n", [`${templates}/web.container.j2`]: text },
      (out, paths) => {
        expect(readFileSync(join(out, paths[0] ?? ""), "utf8")).toContain("Exec=a a\n");
      },
    );
  });
});

test("a stopwatch times the phases as they follow each other", async () => {
  const stopwatch = new Stopwatch();
  expect(stopwatch.stop()).toEqual([]);
  stopwatch.start("connect");
  await new Promise((resolve) => setTimeout(resolve, 20));
  stopwatch.start("facts");
  const times = stopwatch.stop();
  expect(times.map(({ phase }) => phase)).toEqual(["connect", "facts"]);
  expect(times[0]?.time).toBeGreaterThanOrEqual(15);
  expect(stopwatch.stop()).toEqual(times);
});
