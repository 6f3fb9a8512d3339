// A worker's own file.

import { serve } from "../../src/serve.ts";
import { area, twice } from "./shapes.ts";

serve({ area, twice });
