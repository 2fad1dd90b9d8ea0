/** What a program that builds images is asked for. */

export interface Source {
  /** Folder with everything that the Containerfile copies. */
  readonly context: string;
  readonly containerfile: string;
}

export interface BuiltImage {
  /** An OCI archive. */
  readonly archive: string;
  /** sha256:… of the image's manifest. */
  readonly digest: string;
}

export interface Builder {
  ociArchive(): Promise<BuiltImage>;
  /** Path of an archive as `docker load` takes it, in which the image is called `image`: name:tag. */
  dockerArchive(image: string): Promise<string>;
  /** Pushes to a registry that this user is logged in to; resolves with the digest under which it has the image. */
  push(repository: string, tag: string): Promise<string>;
}

/** Under this name the kubelet finds what was loaded: localhost/ is never looked up in a registry. */
export const IMAGE_NAME = "localhost/esddns";
