import start from '../notes/hpke.js';
import { cold } from '../page/cold.js';

cold(start);
