static struct seen drop_pipe(int pin)
{
	close(shared->pipe_of[pin][0]);
	close(shared->pipe_of[pin][1]);
	return done(0);
}
