import start from '../notes/webcrypto.js';
import { cold } from '../page/cold.js';

cold(start);
