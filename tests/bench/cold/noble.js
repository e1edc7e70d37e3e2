import start from '../notes/noble.js';
import { cold } from '../page/cold.js';

cold(start);
