import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Release } from "../../../src/render/release.js";
import { renderRelease } from "../../../src/render/release.js";
import { findSources, type Sources } from "../../../src/render/sources.js";
import type { RawOptions } from "../../../src/settings/settings.js";
import { contentOf } from "../settings/support.js";

/** The folders that `templates` and `overrides` name by default. */
export const templates = "deployment/ansible/templates/quadlet";
export const overrides = "config/ansible/templates/quadlet";

/** A repository's checkout, and beside it the built-in stacks. */
export class Repository implements Disposable {
  private readonly root = mkdtempSync(join(tmpdir(), "quadlet-deploy-render-"));
  readonly path = join(this.root, "checkout");
  readonly stacks = join(this.root, "stacks");

  /** @param files text or bytes by path; `{ link }` makes a symbolic link */
  constructor(files: Readonly<Record<string, string | Buffer | { readonly link: string }>> = {}) {
    mkdirSync(this.path);
    for (const [name, content] of Object.entries(files)) {
      const path = join(name.startsWith("stacks/") ? this.root : this.path, name);
      mkdirSync(dirname(path), { recursive: true });
      if (typeof content === "object" && "link" in content) symlinkSync(content.link, path);
      else writeFileSync(path, content);
    }
  }

  sources(raw: RawOptions = {}): Sources {
    return findSources(contentOf(raw, this.path), this.stacks);
  }

  /** What is chosen: the place and path on a host, and the repository's file. */
  chosen(raw: RawOptions = {}): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.sources(raw).chosen.map((source) => [`${source.place}/${source.path}`, source.file]),
    );
  }

  release(raw: RawOptions = {}): Release {
    const content = contentOf(raw, this.path);
    return renderRelease(findSources(content, this.stacks), content);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}

export const unit = "[Container]\nImage=docker.io/library/redis:7\n";
