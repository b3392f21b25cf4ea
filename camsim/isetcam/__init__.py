"""The camera in the own approximations of ISETCam, to compare with that simulator."""
