"""Break-glass: an emergency lets two persons approve without the role that is missing; others review it afterwards."""
