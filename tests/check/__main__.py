import sys

from check.validate import main

sys.exit(main())
