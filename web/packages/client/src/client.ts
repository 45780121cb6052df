// The client: puts the parts together.

import type { Client, ClientOptions } from "./api.js";

export declare function createClient(options?: ClientOptions): Client;
