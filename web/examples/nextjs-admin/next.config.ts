// Nothing that the monitors need: they are plain ESM and a plain style sheet.

import type { NextConfig } from "next";

const config: NextConfig = {
  reactStrictMode: true,
  // The lock files above belong to other things.
  outputFileTracingRoot: import.meta.dirname,
  // The repository has a linter of its own.
  eslint: { ignoreDuringBuilds: true },
};

export default config;
