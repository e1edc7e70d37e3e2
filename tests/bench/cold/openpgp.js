import start from '../notes/openpgp.js';
import { cold } from '../page/cold.js';

cold(start);
